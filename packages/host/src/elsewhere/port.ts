// The port to another engine underneath: a package that runs our plans on a cluster of its own, and is loaded if it is there.

import type { BlobStorage, Json, Log, Outcome, Plan, Store } from '@stepflow/engine'
import type { ConfiguredRouter } from '../config/routes.ts'
import type { Env } from '../config/substitute.ts'
import type { Secrets } from '../secrets/secrets.ts'

/** What such a package exports. */
export interface EngineElsewhere {
  /** Works on its runs until it is closed: runs their plans, and calls components. */
  work(options: WorkElsewhere): Promise<WorkerElsewhere>
  /** For whoever begins runs, looks at them and sends them something. */
  open(options: OpenElsewhere): Promise<RunsElsewhere>
}

export interface OpenElsewhere {
  /** `temporal://HOST:PORT/NAMESPACE?task_queue=Q`. */
  readonly url: string
  /** Keys are read from it. */
  readonly env: Env
  /** Of the program. */
  readonly version: string
  /** Where values go that are too large for it. */
  readonly blobs?: BlobStorage | undefined
  readonly log: Log
}

export interface WorkElsewhere extends OpenElsewhere {
  /** In lists and logs. */
  readonly name?: string | undefined
  /** Calls at once. */
  readonly capacity?: number | undefined
  /** How long calls that run may take when it is closed. */
  readonly drainMs: number
  readonly router: Pick<ConfiguredRouter, 'route' | 'pluginOf'>
  /** Flows that steps name or make. */
  readonly plan: (ref: unknown, overrides?: Json) => Promise<Plan>
  readonly secrets: Pick<Secrets, 'get' | 'known'>
}

export interface WorkerElsewhere {
  readonly name: string
  /** Where it works, in a few words. */
  readonly place: string
  /** Rejects if it cannot go on. */
  readonly ended: Promise<void>
  close(): Promise<void>
}

export interface RunsElsewhere {
  /** Where they are, in a few words. */
  readonly place: string
  /** Recorded runs: read, listed, and sent signals. Nothing is driven through it. */
  readonly store: Store
  /** Throws INVALID_INPUT, before anything has begun, for what such a run cannot do. */
  check(plan: Plan): Promise<void>
  /**
   * Begins a run; one of that id that is there already is the same run, if it was begun with the same. Throws TOO_LARGE for an
   * input that is.
   */
  start(run: StartElsewhere): Promise<void>
  /** How it ended; waits for that. */
  outcome(id: string): Promise<Outcome>
  close(): Promise<void>
}

export interface StartElsewhere {
  readonly id: string
  readonly plan: Plan
  readonly input: unknown
  readonly flow?: string
  readonly variables?: Readonly<Record<string, unknown>>
  readonly labels?: Readonly<Record<string, string>>
}
