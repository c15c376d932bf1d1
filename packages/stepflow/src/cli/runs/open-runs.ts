// Opens the store whose runs are asked for: --store, else that of the configuration, else the default one.

import { statSync } from 'node:fs'
import { createMemoryStore, FlowError, hasErrors, type Store } from '@stepflow/engine'
import type { StoreConfig } from '@stepflow/host'
import { usage } from '../args.ts'
import { describeDiagnostics } from '../code-frame.ts'
import type { Args, Io } from '../command.ts'
import type { Messages } from '../messages.ts'
import { defaultStore, storeNamed } from '../store-option.ts'

export interface OpenRuns {
  readonly args: Args
  readonly io: Io
  readonly messages: Messages
  readonly makesStore: boolean
}

export async function openRuns(options: OpenRuns): Promise<{ readonly store: Store; readonly place: StoreConfig }> {
  const { args, io, messages, makesStore } = options
  const place = storeNamed({ name: 'runs' }, args, io) ?? (await configured(args, io)) ?? defaultStore(io)
  if (place.type === 'memory') {
    throw usage(
      { name: 'runs' },
      'a store in memory ends with its process and holds no recorded runs: use --store sqlite:PATH',
    )
  }
  // Looking into a store must not make one.
  if (!makesStore && place.type === 'sqlite' && !statSync(place.path, { throwIfNoEntry: false })) {
    messages.hint(`there is no store ${place.path} yet: \`stepflow run --store\` creates one`)
    return { store: createMemoryStore(), place }
  }
  const { openStore } = await import('@stepflow/host')
  return { store: await openStore({ stateStore: place }, { log: messages.log }), place }
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
