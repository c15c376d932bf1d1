// What a run is made from must not be lost to its result: an output that is one of its sources is refused before anything runs.

import type { StoreConfig } from '@stepflow/host'
import { usage } from './args.ts'
import type { Args, Command, Io } from './command.ts'
import { isSameFile } from './write-file.ts'

export interface Sources {
  readonly flow?: string | undefined
  /** Of a run that began before: what its inputs were read from. */
  readonly inputs?: string | undefined
  readonly config?: string | undefined
  readonly store?: StoreConfig | undefined
}

/** (The `--inputs` of a batch is compared when it is open.) */
export function refuseOverwriting(
  command: Pick<Command, 'name'>,
  output: string,
  { flow, inputs, config, store }: Sources,
  args: Args,
  io: Io,
): void {
  const path = store?.type === 'sqlite' ? store.path : undefined
  const sources = { 'the flow': flow, 'the inputs of the run': inputs, 'the configuration': config, 'the store': path }
  for (const [what, file] of Object.entries(sources)) {
    if (file !== undefined && isSameFile(output, file, io.cwd)) {
      throw usage(command, `--output would overwrite ${what}: ${output}`)
    }
  }
  const read = args.given.find(
    ({ name, value }) => READ_FROM.has(name) && value !== undefined && isSameFile(output, value, io.cwd),
  )
  if (read) throw usage(command, `--${read.name} and --output are the same file: ${output}`)
}

// ---

const READ_FROM: ReadonlySet<string> = new Set(['flow', 'config', 'input', 'variables', 'overrides', 'secrets'])
