// What an action of `stepflow runs` is, and what it is given. Opens nothing by itself.

import type { Store } from '@stepflow/engine'
import type { StoreConfig } from '@stepflow/host'
import type { RunReader } from '@stepflow/host/history'
import type { Args, Io } from '../command.ts'
import type { Messages } from '../messages.ts'

export interface Action {
  /** What stands after its name: `ID NAME`. */
  readonly operands: string
  /** Its options, besides those that every action has. */
  readonly options: readonly string[]
  /** A store that is not there yet is made; else there are no runs in it. */
  readonly makesStore?: true
  /** Answers the exit code. */
  run(at: RunsContext): Promise<number>
}

export interface RunsContext {
  readonly args: Args
  /** What stands after the action's name. */
  readonly operands: readonly string[]
  readonly io: Io
  readonly messages: Messages
  /** For whoever steers a run or goes on with it; what is shown comes from the reader. */
  readonly store: Store
  /** Recorded runs, redacted. */
  readonly reader: RunReader
  readonly place: StoreConfig
  /** What leads another command to the same store. */
  readonly storeWords: readonly string[]
}
