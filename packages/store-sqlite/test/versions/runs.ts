// The runs of which each version of the file has a copy here: every way to wait, to fail and to go on, and how each ends.
// Changed only together with the next version: what is written stays as it is.

import {
  type CallContext,
  type Clock,
  createEngine,
  FlowError,
  Park,
  type Plan,
  type PlanEngine,
  type Store,
} from '@stepflow/engine'

const retry = { attempts: 3, delayMs: 100, backoff: 'fixed', factor: 1, maxMs: 100, jitter: false } as const

/** When all of it was written; nobody's clock decides what a copy holds. */
export const WRITTEN_AT = 1_750_000_000_000

const input = { op: 'input' } as const
const step = (index: number) => ({ op: 'step', step: index }) as const

function plan(name: string, steps: Plan['steps'], more: Partial<Plan> = {}): Plan {
  const exit = { id: '$output', component: null, input: step(steps.length - 1), hidden: true } as const
  return { name, steps: [...steps, exit], entry: steps.length, exit: steps.length, onFailure: 'stop', ...more }
}

const element = plan('element', [{ id: 'double', component: '/double', input: { op: 'input', path: 'item' } }])

export const plans = {
  chain: plan('chain', [
    { id: 'double', component: '/double', input },
    { id: 'again', component: '/double', input: step(0) },
  ]),
  fails: plan('fails', [
    { id: 'odd', component: '/fail-odd', input },
    { id: 'then', component: '/double', input: step(0) },
  ]),
  retries: plan('retries', [{ id: 'flaky', component: '/flaky', input, retry }]),
  loops: plan('loops', [
    {
      id: 'each',
      component: '$core/map',
      input: {
        op: 'object',
        of: [
          ['plan', { op: 'literal', value: element as never }],
          ['items', input],
        ],
      },
    },
  ]),
  counts: {
    name: 'counts',
    entry: 0,
    exit: 1,
    onFailure: 'stop',
    steps: [
      {
        id: 'more',
        component: '/more',
        input: { op: 'arrival' },
        next: [
          { on: 'done', equals: 4, to: 1 },
          { on: 'done', to: 0 },
        ],
      },
      { id: 'end', component: null, input: { op: 'arrival' } },
    ],
  } satisfies Plan,
  waits: plan('waits', [
    { id: 'before', component: '/double', input },
    { id: 'asks', component: '/ask', input: step(0) },
  ]),
  sleeps: plan('sleeps', [{ id: 'later', component: '/later', input }]),
  large: plan('large', [
    { id: 'grow', component: '/grow', input },
    { id: 'measure', component: '/measure', input: step(0) },
  ]),
  keeps: plan('keeps', [{ id: 'kept', component: '/double', input, cache: {} }]),
  hangs: plan('hangs', [
    { id: 'before', component: '/double', input },
    { id: 'slow', component: '/hang', input: step(0) },
  ]),
} satisfies Record<string, Plan>

/** `isThere`: calls that hung when the copy was written come back. */
function components(
  isThere: boolean,
  called: () => void,
): Record<string, (input: any, context: CallContext) => unknown> {
  return {
    '/double': (x) => x * 2,
    '/fail-odd': (x) => {
      if (x % 2 === 1) throw new FlowError('COMPONENT_FAILED', `${x} is odd`)
      return x
    },
    '/flaky': (x, { attempt }) => {
      if (attempt < 3) throw new FlowError('COMPONENT_FAILED', `attempt ${attempt}`)
      return x
    },
    '/more': (x) => (x ?? 0) + 1,
    '/ask': (x, { woken }) =>
      woken ? [x, woken.payload] : new Park({ signal: { name: 'answer' }, state: { asked: x } }),
    '/later': (x, { woken }) =>
      woken ? [x, woken.state] : new Park({ until: WRITTEN_AT + 3_600_000, state: 'slept' }),
    '/grow': (x) => ({ text: 'x'.repeat(1_100_000), x }),
    '/measure': ({ text, x }) => [text.length, x],
    '/hang': (x) => {
      called()
      return isThere ? ['came back', x] : new Promise(() => {})
    },
  }
}

/** An engine that has what the plans call. */
export function engineFor(store: Store, clock: Clock, isThere: boolean, called: () => void = () => {}): PlanEngine {
  const all = components(isThere, called)
  const route = (path: string) => {
    const call = all[path]
    if (!call) throw new FlowError('COMPONENT_NOT_FOUND', `no component ${path}`)
    return { component: { info: { name: path }, call } }
  }
  return createEngine({ store, router: { route }, clock, random: () => 0.5 })
}

/** What each run comes to, once the calls that hung come back, the answer is there and the time has passed. */
export const results: Record<string, readonly unknown[]> = {
  chain: [4, 8],
  fails: ['COMPONENT_FAILED', 8],
  retries: [7],
  loops: [[2, 4, 6]],
  counts: [4],
  waits: [
    [2, 'early'],
    [4, 'late'],
  ],
  sleeps: [[1, 'slept']],
  large: [[1_100_000, 1]],
  keeps: [2],
  hangs: [['came back', 2]],
  stream: Array.from({ length: 60 }, (_, item) => item * 4),
}
