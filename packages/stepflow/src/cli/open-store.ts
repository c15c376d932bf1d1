// Opens the store that a command is about: --store, else that of the configuration, else the default one.

import { existsSync } from 'node:fs'
import { createMemoryStore, FlowError, hasErrors, type Store } from '@stepflow/engine'
import type { StoreConfig } from '@stepflow/host'
import { usage } from './args.ts'
import { describeDiagnostics } from './code-frame.ts'
import type { Args, Command, Io, Option } from './command.ts'
import type { Messages } from './messages.ts'
import { shellWord } from './progress/watch-waits.ts'
import { defaultStore, storeName, storeNamed, storeOption } from './store-option.ts'

/** The options that lead to a store, of commands that are about one. */
export const whichStore: readonly Option[] = [
  { ...storeOption, default: 'the one of the configuration, or .stepflow/stepflow.db' },
  { name: 'config', value: 'FILE', does: 'the configuration', default: 'the one in this folder' },
]

export interface OpenNamedStore {
  readonly command: Pick<Command, 'name'>
  readonly args: Args
  readonly io: Io
  readonly messages: Messages
  /** What becomes of a file that is not there. */
  readonly absent: AbsentStore
}

/** It is made; or it counts as an empty one; or nothing of it can be meant. */
export type AbsentStore = 'made' | 'empty' | 'refused'

export async function openNamedStore(
  options: OpenNamedStore,
): Promise<{ readonly store: Store; readonly place: StoreConfig }> {
  const { command, args, io, messages, absent } = options
  const place = await namedStore(options)
  // Looking into a store must not make one.
  if (absent !== 'made' && place.type === 'sqlite' && !existsSync(place.path)) {
    const words = `stepflow run FLOW --store ${shellWord(storeName(place.path, io))}`
    const advice = command.name.startsWith('runs') ? `. To record a run in it:\n  ${words}` : ''
    const missing = `there is no store ${place.path} yet${advice}`
    if (absent === 'refused') throw new FlowError('NOT_FOUND', missing)
    messages.hint(missing)
    return { store: createMemoryStore(), place }
  }
  const { openStore } = await import('@stepflow/host')
  const blobs = args.value('blobs')
  return { store: await openStore({ stateStore: place }, { env: io.env, blobs, log: messages.log }), place }
}

/** Where the store is that a command is about: a place that outlives this process. */
export async function namedStore({
  command,
  args,
  io,
}: Pick<OpenNamedStore, 'command' | 'args' | 'io'>): Promise<Exclude<StoreConfig, { type: 'memory' }>> {
  const place = storeNamed(command, args, io) ?? (await configured(args, io)) ?? defaultStore(io)
  if (place.type !== 'memory') return place
  throw usage(command, 'a store in memory ends with its process and holds nothing for another: use --store sqlite:PATH')
}

// ---

async function configured(args: Args, io: Io): Promise<StoreConfig | undefined> {
  const { loadConfig } = await import('@stepflow/host')
  const { config, diagnostics } = await loadConfig({ path: args.value('config'), cwd: io.cwd, env: io.env })
  if (hasErrors(diagnostics)) {
    throw new FlowError('INVALID_INPUT', describeDiagnostics(diagnostics, { color: io.terminal.color.err }).trimEnd())
  }
  return config.stateStore.type === 'memory' ? undefined : config.stateStore
}
