// stepflow runs cancel, pause, signal: what a run is told, whoever drives it. Drives nothing itself.

import type { Run, StepflowClient } from '@stepflow/api/client'
import { createEngine, FlowError, isEnded, type RunSignal, suggest } from '@stepflow/engine'
import { checkSignal, type RecordedRun, summaryOf } from '@stepflow/host/history'
import { shellWord } from '../progress/watch-waits.ts'
import { rowOf, summaryIn } from '../remote/remote-row.ts'
import { goOn } from '../single-run.ts'
import { givenInput, inputOptions, readGiven } from '../sources.ts'
import { type Action, itemOption, jsonOption, type RemoteContext, type RunsContext } from './action.ts'
import { itemNumber } from './item-number.ts'

const summaryOption = { ...jsonOption, does: 'print the run summary' }

export const cancel: Action = {
  name: 'runs cancel',
  summary: 'cancel a run: running steps are stopped, and no other starts',
  operands: 'ID',
  takesEngine: true,
  options: [{ name: 'reason', value: 'TEXT', does: 'the reason, which the result will show' }, summaryOption],
  examples: [{ does: 'whichever process drives it', line: 'stepflow runs cancel ID --reason "wrong input"' }],
  async run(at) {
    const reason = at.args.value('reason')
    return tellRun(at, await opened(at), { name: 'cancel', ...(reason === undefined ? {} : { reason }) }, 'cancelled')
  },
  remote: (at) => tellServer(at, 'cancelled', (id) => at.client.cancelRun(id, at.args.value('reason'))),
}

export const pause: Action = {
  name: 'runs pause',
  summary: 'pause a run: running steps end, and no other starts',
  operands: 'ID',
  takesEngine: true,
  options: [summaryOption],
  examples: [{ does: 'until `runs resume`', line: 'stepflow runs pause ID' }],
  run: async (at) => tellRun(at, await opened(at), { name: 'pause' }, PAUSED),
  remote: (at) => tellServer(at, PAUSED, (id) => at.client.pauseRun(id)),
}

export const signal: Action = {
  name: 'runs signal',
  summary: 'send a run a signal that one of its steps waits for',
  operands: 'ID NAME',
  takesEngine: true,
  options: [
    ...inputOptions
      .filter(({ name }) => name !== 'stdin-format')
      .map((option) => ({ ...option, does: option.does.replace('the input', 'the payload') })),
    { ...itemOption, does: 'send it to this item of a batch only, counted from 0', default: 'whichever waits for it' },
    { name: 'id', value: 'ID', does: 'an id for the signal; signals with the same id count once' },
    summaryOption,
  ],
  examples: [
    { does: 'an approval', line: `stepflow runs signal ID approve --input-json '{"by": "Ada"}'` },
    { does: 'for one item of a batch', line: 'stepflow runs signal ID approve --item 3' },
  ],
  async run(at) {
    const { command, args, io, messages, operands } = at
    const name = operands[1] as string // there as its operands say
    const recorded = await opened(at)
    const given = givenInput(args, command)
    const payload = given ? await readGiven(given.name, given.value ?? '', 'the payload', io) : null
    const item = itemNumber(command, args, recorded.row)
    const once = args.value('id')
    await checkSignal(recorded, { name, item, payload })
    const unheard = isEnded(recorded.row.status) ? undefined : await whyUnheard(recorded.waits.open(item), name, item)
    const code = await tellRun(
      at,
      recorded,
      {
        name: 'signal',
        signal: name,
        payload,
        ...(item === undefined ? {} : { item }),
        ...(once === undefined ? {} : { id: once }),
      },
      `sent "${name}"`,
    )
    if (unheard !== undefined) messages.problem(unheard)
    return code
  },
  async remote(at) {
    const { command, args, io, messages, operands, client } = at
    const [runId, name] = operands as [string, string] // there as its operands say
    const row = rowOf(await client.getRun(runId))
    const given = givenInput(args, command)
    const payload = given ? await readGiven(given.name, given.value ?? '', 'the payload', io) : null
    const item = itemNumber(command, args, row)
    const id = args.value('id')
    const unheard = isEnded(row.status) ? undefined : await whyUnheard(waitsAt(client, runId), name, item)
    const where = { ...(item === undefined ? {} : { item }), ...(id === undefined ? {} : { id }) }
    const code = await tellServer(at, `sent "${name}"`, () => client.sendSignal(runId, name, payload, where))
    if (unheard !== undefined) messages.problem(unheard)
    return code
  },
}

/** What a server does at once: it drives the run. */
export async function tellServer(
  { args, io, messages, operands }: RemoteContext,
  done: string,
  tell: (id: string) => Promise<Run>,
): Promise<number> {
  const run = await tell(operands[0] as string) // there as its operands say
  if (args.has('json')) io.out(`${JSON.stringify(summaryIn(run))}\n`)
  else messages.hint(`run ${run.runId}: ${done}`)
  return 0
}

/** An engine that only tells: it has nothing to call. */
export function teller({ store }: Pick<RunsContext, 'store'>) {
  const route = (path: string): never => {
    throw new FlowError('COMPONENT_NOT_FOUND', `nothing is called here: ${path}`)
  }
  return createEngine({ store, router: { route } })
}

// ---

const PAUSED = 'paused: running steps end, and no other starts'

function opened({ reader, operands }: RunsContext): Promise<RecordedRun> {
  return reader.open(operands[0] as string) // there as its operands say
}

async function tellRun(at: RunsContext, recorded: RecordedRun, what: RunSignal, done: string): Promise<number> {
  const { args, io, messages, storeWords } = at
  const { id } = recorded.row
  await teller(at).signal(id, what)
  if (args.has('json')) io.out(`${JSON.stringify(summaryOf((await recorded.now()) ?? recorded.row))}\n`)
  else messages.hint(`run ${id}: ${done}`)
  if (what.name === 'signal' && !(await recorded.holder())) {
    messages.hint(`no process drives the run now, so the signal is kept until one does:\n  ${goOn(id, storeWords)}`)
  }
  return 0
}

/** Why the signal wakes nothing now; undefined if a step waits for it. It is kept all the same: a step may come to it yet. */
async function whyUnheard(
  waits: AsyncIterable<{ readonly item: number; readonly name: string }>,
  name: string,
  item: number | undefined,
): Promise<string | undefined> {
  const names = new Set<string>()
  for await (const wait of waits) {
    if (item !== undefined && wait.item !== item) continue
    if (wait.name === name) return undefined
    names.add(wait.name)
    if (names.size === MOST_NAMES) break
  }
  const who = item === undefined ? 'no step' : `no step of item ${item}`
  const kept = `${who} waits for "${name}" now: the signal is kept for a step that will`
  if (names.size === 0) return `${kept}. No step waits for a signal now`
  const near = suggest(name, [...names])
  const told = [...names].map((one) => shellWord(one)).join(', ')
  return `${kept}. Steps wait for: ${told}${near ? `. Did you mean "${near}"?` : ''}`
}

async function* waitsAt(client: StepflowClient, runId: string) {
  for (let cursor: string | undefined; ; ) {
    const { waits, nextCursor } = await client.listWaits({ runId, ...(cursor === undefined ? {} : { cursor }) })
    yield* waits
    if (nextCursor === undefined) return
    cursor = nextCursor
  }
}

/** Each item of a batch may wait for a name of its own. */
const MOST_NAMES = 20
