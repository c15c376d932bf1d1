// --engine: another engine underneath, where runs are workflows of a cluster. Opens its runs; the package for it is loaded then.

import { FlowError } from '@stepflow/engine'
import type { RunsElsewhere } from '@stepflow/host'
import { usage } from '../args.ts'
import type { Args, Command, Io, Option } from '../command.ts'
import type { Messages } from '../messages.ts'
import { shellWord } from '../progress/watch-waits.ts'
import { version } from '../version.ts'

export const engineOption: Option = {
  name: 'engine',
  value: 'URL',
  does: 'a Temporal cluster, in place of a store or a server: temporal://HOST:PORT/NAMESPACE?task_queue=QUEUE (also STEPFLOW_ENGINE)',
}

/** What `--engine` names, or the environment, if neither a store nor a server is named. Throws if two places are named alike. */
export function engineNamed(
  command: Pick<Command, 'name'>,
  args: Args,
  { env }: Io,
  others: readonly string[],
): string | undefined {
  const other = others.find((name) => args.value(name) !== undefined)
  const given = args.value('engine')
  if (given !== undefined && other !== undefined) {
    throw usage(command, `--engine and --${other} name two places: use one of them`)
  }
  if (given !== undefined || other !== undefined || !env.STEPFLOW_ENGINE) return given
  if (!others.includes('store') || !env.STEPFLOW_STORE) return env.STEPFLOW_ENGINE
  throw usage(command, 'STEPFLOW_ENGINE and STEPFLOW_STORE name two places: say which by --engine or --store')
}

/** Options that mean one of our servers. */
export function refuseServerOptions(command: Pick<Command, 'name'>, args: Args): void {
  refuseOptions(command, args, ['token', 'open'], 'it is for a server of ours')
}

/** Options that have no meaning there. */
export function refuseOptions(command: Pick<Command, 'name'>, args: Args, names: readonly string[], why: string): void {
  for (const name of names) {
    if (args.value(name) !== undefined || args.has(name))
      throw usage(command, `--${name} does not go with --engine: ${why}`)
  }
}

/** Options that are for it alone. */
export function refuseWithout(command: Pick<Command, 'name'>, args: Args, names: readonly string[]): void {
  for (const name of names) if (args.value(name) !== undefined) throw usage(command, `--${name} goes with --engine`)
}

/** The options that lead another command to the same cluster. */
export function engineWords(url: string): readonly string[] {
  return ['--engine', shellWord(url)]
}

/** Opens the runs of a cluster for as long as `ask` takes. */
export async function withEngine<T>(
  url: string,
  { args, io, messages }: { readonly args: Args; readonly io: Io; readonly messages: Messages },
  ask: (runs: RunsElsewhere) => Promise<T>,
): Promise<T> {
  const { loadElsewhere, openGivenBlobs } = await import('@stepflow/host')
  const { cwd, env } = io
  const engine = await loadElsewhere(url, cwd)
  const blobs = await openGivenBlobs({ blobs: args.value('blobs'), env, cwd })
  const runs = await engine.open({ url, env, version, blobs, log: messages.log })
  try {
    return await ask(runs)
  } catch (thrown) {
    throw FlowError.is(thrown)
      ? thrown
      : new FlowError('RESOURCE_UNAVAILABLE', `Temporal: ${messageOf(thrown)}`, { cause: thrown })
  } finally {
    await runs.close()
  }
}

// ---

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}
