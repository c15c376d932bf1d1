// stepflow runs cancel, pause, signal: what a run is told, whoever drives it. Drives nothing itself.

import { createEngine, FlowError, type RunSignal } from '@stepflow/engine'
import { findRun } from '@stepflow/host/history'
import { goOn } from '../single-run.ts'
import { givenInput, readGiven } from '../sources.ts'
import type { Action, RunsContext } from './action.ts'
import { itemOption } from './item-option.ts'

export const cancel: Action = {
  operands: 'ID',
  options: ['json'],
  run: (at) => tellRun(at, { name: 'cancel' }, 'cancelled'),
}

export const pause: Action = {
  operands: 'ID',
  options: ['json'],
  run: (at) => tellRun(at, { name: 'pause' }, 'paused: what runs ends, nothing new starts'),
}

export const signal: Action = {
  operands: 'ID NAME',
  options: ['input', 'input-json', 'input-yaml', 'item', 'id', 'json'],
  async run(at) {
    const { args, io, store, operands } = at
    const [id, name] = operands as [string, string] // there as its operands say
    const row = await findRun(store, id)
    const given = givenInput(args)
    const payload = given ? await readGiven(given.name, given.value ?? '', 'the payload', io) : null
    const item = itemOption(args, row)
    const once = args.value('id')
    return tellRun(
      at,
      {
        name: 'signal',
        signal: name,
        payload,
        ...(item === undefined ? {} : { item }),
        ...(once === undefined ? {} : { id: once }),
      },
      `sent "${name}"`,
    )
  },
}

/** An engine that only tells: it has nothing to call. */
export function teller({ store }: Pick<RunsContext, 'store'>) {
  const route = (path: string): never => {
    throw new FlowError('COMPONENT_NOT_FOUND', `nothing is called here: ${path}`)
  }
  return createEngine({ store, router: { route } })
}

// ---

async function tellRun(at: RunsContext, what: RunSignal, done: string): Promise<number> {
  const { args, io, store, messages, storeWords, operands } = at
  const { id } = await findRun(store, operands[0] as string) // there as its operands say
  await teller(at).signal(id, what)
  const holder = (await store.runs.open(id)).find(({ heldBy }) => heldBy)?.heldBy
  if (args.has('json')) io.out(`${JSON.stringify({ id, ...what, heldBy: holder ?? null })}\n`)
  else messages.hint(`run ${id}: ${done}`)
  if (!holder && what.name === 'signal') {
    messages.hint(`nobody drives it now, so the signal is kept until somebody does:\n  ${goOn(id, storeWords)}`)
  }
  return 0
}
