// What a batch has in hand before its first line.

import type { Plan } from '@stepflow/engine'
import type { Args, Io } from '../command.ts'
import type { Messages } from '../messages.ts'
import type { Project } from '../project.ts'
import type { Input } from './open-files.ts'

/** What `stepflow run` has before it starts anything. */
export interface ReadyRun {
  readonly project: Project
  readonly plan: Plan
  /** With which the plan was made. */
  readonly overrides: readonly unknown[]
  /** How long what is in flight at an interrupt may take. */
  readonly drainMs?: number | undefined
  readonly options: {
    readonly variables: Record<string, unknown>
    readonly labels?: Readonly<Record<string, string>>
    readonly maxConcurrent?: number
  }
  readonly args: Args
  readonly io: Io
  readonly messages: Messages
}

/** A batch with its two ends open. */
export interface OpenBatch extends ReadyRun {
  readonly input: Input
  readonly output: string | undefined
  readonly order: 'input' | 'completion'
  /** Items at most. */
  readonly limit: number | undefined
}
