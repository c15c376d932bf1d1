// What a server observes of itself, put together: the engine gets a store and a router that report to it.

import type { Clock, Log, Router, Store } from '@stepflow/engine'
import { Metrics } from './metrics.ts'
import { observedCalls } from './observed-calls.ts'
import { observedStore } from './observed-store.ts'
import { everyObserver, type Observer } from './observer.ts'
import { RunEnds } from './run-ends.ts'

export interface ObservationOptions {
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
  /** Those that observe beside the metrics. */
  readonly further: readonly Observer[]
}

export class Observation {
  readonly metrics = new Metrics()
  readonly ends: RunEnds
  readonly observer: Required<Observer>
  /** For the engine, in place of the one that it reports on. */
  readonly store: Store

  constructor({ store, clock, log, further }: ObservationOptions) {
    this.ends = new RunEnds({ runs: store.runs, clock, log, onEnd: (row) => this.observer.runEnded(row) })
    this.observer = everyObserver([this.metrics, this.ends, ...further])
    this.store = observedStore(store, this.observer)
  }

  around(router: Router): Router {
    return observedCalls(router, this.observer)
  }
}

/** How many runs have not ended. */
export async function openRuns({ runs }: Store): Promise<number> {
  const open = new Set<string>()
  for (const { run } of await runs.open()) open.add(run)
  return open.size
}
