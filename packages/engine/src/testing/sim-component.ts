// The components of a simulation: what each does is decided by its name, its input and the number of the attempt, never by
// when it is called. So a plan has one meaning, whatever befalls the engine; only how long an answer takes is chance.

import { type CallContext, type Component, Park, type Park as ParkType, Skip } from '../component/plugin.ts'
import type { Router } from '../component/router.ts'
import { FlowError } from '../errors.ts'
import type { Plan } from '../plan/plan.ts'
import type { Process } from './sim-world.ts'

/** Longer than any answer takes, and than any disk is slow. */
export const STEP_TIMEOUT_MS = 400
/** Longer than all that can befall a run, and what is in it; of a plan inside a plan: less. */
export const ITEM_TIMEOUT_MS = [86_400_000, 3_600_000, 600_000] as const

/** What an attempt comes to. */
export type Act =
  | { readonly act: 'answer'; readonly value: unknown }
  | { readonly act: 'skip' }
  | { readonly act: 'fail'; readonly code: 'COMPONENT_FAILED' | 'UNREACHABLE'; readonly retryable?: false }
  /** No answer, or one that comes too late. */
  | { readonly act: 'hang' }
  | { readonly act: 'sleep'; readonly ms: number; readonly value: unknown }
  | { readonly act: 'wait'; readonly signal: string; readonly value: unknown }
  /** Runs its plan so often, one after the other. */
  | { readonly act: 'run'; readonly times: number }

/** By name: is it harmless to call again, and what does an attempt come to? */
const acts: Readonly<Record<string, (chance: number, attempt: number, input: unknown) => Act>> = {
  '/give': (n) => ({ act: 'answer', value: answerOf(n) }),
  '/repeatable': (n) => ({ act: 'answer', value: answerOf(n) }),
  '/count': (_n, _attempt, input) => ({ act: 'answer', value: typeof input === 'number' ? input + 1 : 1 }),
  '/nothing': () => ({ act: 'answer', value: undefined }),
  '/fail': () => ({ act: 'fail', code: 'COMPONENT_FAILED' }),
  '/refuse': () => ({ act: 'fail', code: 'COMPONENT_FAILED', retryable: false }),
  '/sometimes': (n) =>
    n % 3 === 0 ? { act: 'fail', code: 'COMPONENT_FAILED' } : { act: 'answer', value: answerOf(n) },
  '/flaky': (n, attempt) =>
    attempt <= 1 + (n % 2) ? { act: 'fail', code: 'COMPONENT_FAILED' } : { act: 'answer', value: answerOf(n) },
  '/unreachable': (n, attempt) =>
    // All tries of an attempt are the same to it.
    attempt <= n % 3 ? { act: 'fail', code: 'UNREACHABLE' } : { act: 'answer', value: answerOf(n) },
  '/hang': (n, attempt) => (attempt <= 1 + (n % 2) ? { act: 'hang' } : { act: 'answer', value: answerOf(n) }),
  '/skip': (n) => (n % 2 === 0 ? { act: 'skip' } : { act: 'answer', value: answerOf(n) }),
  '/sleep': (n) => ({ act: 'sleep', ms: n % 2 === 0 ? 300 : 5_000, value: answerOf(n) }),
  '/wait': (n) => ({ act: 'wait', signal: 'go', value: answerOf(n) }),
  '/forever': () => ({ act: 'wait', signal: 'never', value: null }),
  '/never': () => ({ act: 'hang' }),
  '/runs': (n) => ({ act: 'run', times: 1 + (n % 3) }),
}

export const componentNames = Object.keys(acts)

/** What a call comes to: the component's nature. */
export function act(path: string, input: unknown, attempt: number): Act {
  const nature = acts[path]
  if (!nature) throw new FlowError('COMPONENT_NOT_FOUND', `no component ${path}`)
  const decisive = path === '/runs' ? (input as RunsInput).input : input
  return nature(hash(`${path}${essence(decisive)}`), attempt, input)
}

/** A value as text, without what may be worded one way or another. */
export function essence(value: unknown): string {
  const text = JSON.stringify(value, (key, part) => (['message', 'reason', 'data'].includes(key) ? undefined : part))
  return text ?? 'null'
}

/** Everything that was called, wherever and by whom; outlives the processes. */
export interface Ledger {
  called(call: {
    readonly process: Process
    readonly key: string
    readonly path: string
    readonly attempt: number
    /** It may be called without a row of the journal that says so. */
    readonly isRepeatable: boolean
  }): void
}

export function simRouter(process: Process, ledger: Ledger): Router {
  const components = new Map<string, Component>()
  return {
    route(path) {
      const component = components.get(path) ?? simComponent(path, process, ledger)
      components.set(path, component)
      return { component }
    },
  }
}

/** What `/runs` is given. */
export interface RunsInput {
  readonly plan: Plan
  readonly input: unknown
}

// ---

function simComponent(path: string, process: Process, ledger: Ledger): Component {
  if (!Object.hasOwn(acts, path)) throw new FlowError('COMPONENT_NOT_FOUND', `no component ${path}`)
  const { chance } = process.world
  return {
    info: { name: path, repeatable: path === '/repeatable' },
    call(input, context) {
      process.world.note(() => {
        const again = context.woken ? `, woken by ${context.woken.by}` : ''
        return `${process.name} calls ${path} ${context.idempotencyKey} attempt ${context.attempt}${again}`
      })
      // What waits for a sub-run is called again when the past is replayed.
      const isRepeatable = path === '/repeatable' || path === '/runs'
      ledger.called({ process, key: context.idempotencyKey, path, attempt: context.attempt, isRepeatable })
      const next = act(path, input, context.attempt)
      if (chance.is(0.4)) return perform(next, input, context, process)
      return process.later(chance.int(0, 60), () => perform(next, input, context, process))
    },
  }
}

function perform(next: Act, input: unknown, context: CallContext, process: Process): unknown {
  const { woken } = context
  switch (next.act) {
    case 'answer':
      return next.value
    case 'skip':
      return new Skip('chance')
    case 'fail':
      throw new FlowError(next.code, 'boom', next.retryable === false ? { retryable: false } : {})
    case 'hang':
      return hang(context, process)
    case 'sleep':
      if (woken) return woken.state === context.attempt ? next.value : 'the state was lost'
      return new Park({ until: process.clock.now() + next.ms, state: context.attempt })
    case 'wait':
      if (woken) return woken.by === 'signal' ? next.value : 'not the signal'
      return new Park({ signal: { name: next.signal } })
    case 'run':
      return runOnce(next.times, input as RunsInput, context)
  }
}

/** Answers when nobody wants it any more, or when it is told so, or never. */
function hang(context: CallContext, process: Process): Promise<unknown> {
  const { chance } = process.world
  if (chance.is(0.3)) return new Promise(() => {})
  return new Promise((resolve, reject) => {
    const late = () => (chance.is(0.5) ? resolve('late') : reject(new Error('late')))
    if (chance.is(0.5)) context.signal.addEventListener('abort', late)
    // Alone, so that an item that hangs ends by its own time limit only.
    else context.signal.addEventListener('abort', () => process.after(chance.int(1, 500), late))
  })
}

function runOnce(times: number, { plan, input }: RunsInput, context: CallContext): ParkType | unknown {
  const { done = 0 } = (context.woken?.state ?? {}) as { done?: number }
  const outcome = context.woken?.outcomes?.[0]
  if (context.woken && outcome?.outcome === 'failed')
    throw new FlowError('COMPONENT_FAILED', 'boom', { retryable: false })
  if (done >= times) return outcome?.outcome === 'success' ? outcome.result : null
  return new Park({ run: { plan, inputs: [{ item: input, index: done }] }, state: { done: done + 1 } })
}

function answerOf(n: number): unknown {
  return { v: n % 100, k: n % 3, list: [n % 7, n % 5].slice(0, n % 4) }
}

function hash(text: string): number {
  let h = 2166136261
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 16777619)
  h ^= h >>> 15
  h = Math.imul(h, 0x2c1b3c6d)
  return (h ^ (h >>> 12)) >>> 0
}
