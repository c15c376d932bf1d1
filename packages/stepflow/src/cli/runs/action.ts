// What an action of `stepflow runs` is, and the command that it makes: opens the store and closes it, or asks a server.

import type { StepflowClient } from '@stepflow/api/client'
import type { Store } from '@stepflow/engine'
import { openSecrets, readSecrets, type Secrets, type StoreConfig } from '@stepflow/host'
import { createRunReader, type RunReader } from '@stepflow/host/history'
import { usage } from '../args.ts'
import type { Args, Command, Io, Option } from '../command.ts'
import { engineNamed, engineOption, engineWords, refuseServerOptions, withEngine } from '../elsewhere/engine-option.ts'
import { createMessages, type Messages } from '../messages.ts'
import { type AbsentStore, openNamedStore } from '../open-store.ts'
import { atServer, refuseLocal, tokenOption, urlOption } from '../remote/open-client.ts'
import { variableOptions } from '../sources.ts'
import { blobsOption, storeOption, storeWords } from '../store-option.ts'

export interface Action extends Omit<Command, 'aliases' | 'words' | 'actions' | 'elsewhere' | 'run'> {
  /** What becomes of a store that is not there yet; `refused` unless told. */
  readonly absent?: AbsentStore
  /** Throws for what is wrong whatever is in the store: one that is made for nothing would stay. */
  check?(at: Pick<RunsContext, 'io' | 'operands'>): void
  /** Answers the exit code. */
  run(at: RunsContext): Promise<number>
  /** Also for runs of a Temporal cluster. */
  readonly takesEngine?: true
  /** The same at a server. */
  remote(at: RemoteContext): Promise<number>
}

export interface RemoteContext {
  readonly command: Pick<Command, 'name'>
  readonly args: Args
  readonly operands: readonly string[]
  readonly io: Io
  readonly messages: Messages
  readonly client: StepflowClient
}

export interface RunsContext {
  readonly command: Pick<Command, 'name'>
  readonly args: Args
  readonly operands: readonly string[]
  readonly io: Io
  readonly messages: Messages
  /** For whoever steers a run or goes on with it; what is shown comes from the reader. */
  readonly store: Store
  /** Recorded runs, redacted. */
  readonly reader: RunReader
  /** Those of the environment, of a file that was named, and of the store. */
  readonly secrets: Secrets
  readonly place: StoreConfig
  /** What leads another command to the same store. */
  readonly storeWords: readonly string[]
}

export const jsonOption: Option = { name: 'json', does: 'print JSON, for programs' }

export const itemOption: Option = { name: 'item', value: 'N', does: 'one item of a batch, from 0' }

export const secretsOption = variableOptions.find(({ name }) => name === 'secrets') as Option // one of them

/** `others`: those beside it, whose options are looked for here by mistake. */
export function commandOf(action: Action, others: readonly Action[]): Command {
  const options = [...action.options, ...WHERE, ...(action.takesEngine ? [engineOption] : [])]
  const own = new Set(options.map(({ name }) => name))
  const elsewhere: Record<string, string> = action.takesEngine ? {} : { engine: NOT_THERE }
  for (const { name, options } of others) {
    for (const option of options) if (!own.has(option.name)) elsewhere[option.name] = `it is an option of ${name}`
  }
  return { ...action, options, elsewhere, run: (args, io) => runAction(action, args, io) }
}

// ---

/** Of the actions that have no meaning on a Temporal cluster. */
const NOT_THERE =
  'runs of a Temporal cluster are listed, shown, cancelled, paused, resumed and signalled; to repeat one, submit its flow again'

const WHERE: readonly Option[] = [
  { ...storeOption, default: 'the one of the configuration, or .stepflow/stepflow.db' },
  blobsOption,
  { name: 'config', value: 'FILE', does: 'the configuration', default: 'the one beside the flow of the run, or here' },
  { ...urlOption, does: 'a server whose runs are meant, in place of a store; its address may end in /api/v1' },
  tokenOption,
]

async function runAction(action: Action, args: Args, io: Io): Promise<number> {
  checkOperands(action, args.operands)
  const messages = createMessages(args, io)
  if (args.value('url') !== undefined) return askServer(action, args, io, messages)
  const engine = engineNamed(action, args, io, ['store', 'config'])
  if (engine !== undefined) return askEngine(action, engine, { args, io, messages })
  action.check?.({ io, operands: args.operands })
  const { store, place } = await openNamedStore({
    command: { name: 'runs' },
    args,
    io,
    messages,
    absent: action.absent ?? 'refused',
  })
  try {
    return await runOn({ action, args, io, messages, store, place, storeWords: storeWords(place, io) })
  } finally {
    await store.close()
  }
}

interface RunOn extends Pick<RunsContext, 'args' | 'io' | 'messages' | 'store' | 'place' | 'storeWords'> {
  readonly action: Action
}

async function runOn({ action, ...where }: RunOn): Promise<number> {
  const { args, io, messages, store, place } = where
  const file = args.value('secrets')
  const given = file === undefined ? undefined : await readSecrets(file, io.cwd)
  const secrets = await openSecrets({ env: io.env, given, store, place, log: messages.log })
  const reader = createRunReader(store, secrets)
  return action.run({ ...where, command: action, operands: args.operands, reader, secrets })
}

async function askEngine(
  action: Action,
  url: string,
  where: { readonly args: Args; readonly io: Io; readonly messages: Messages },
): Promise<number> {
  if (!action.takesEngine) throw usage(action, `does not go with STEPFLOW_ENGINE: ${NOT_THERE}`)
  refuseServerOptions(action, where.args)
  const place: StoreConfig = { type: 'memory' }
  return withEngine(url, where, ({ store }) => runOn({ ...where, action, store, place, storeWords: engineWords(url) }))
}

async function askServer(action: Action, args: Args, io: Io, messages: Messages): Promise<number> {
  refuseLocal(action, args, ['store', 'blobs', 'config', 'secrets'])
  return atServer(args, io, (client) =>
    action.remote({ command: action, args, operands: args.operands, io, messages, client }),
  )
}

/** A command line has refused what is too many. */
function checkOperands({ name, operands }: Action, given: readonly string[]) {
  const wanted = operands === '' ? [] : operands.split(' ')
  if (given.length >= wanted.length) return
  throw usage({ name }, `needs ${wanted.slice(given.length).join(' and ')}: stepflow ${name} ${operands}`)
}
