// Makes an engine; the port that it answers to is engine.ts.

import type { PlanEngine, PlanEngineOptions } from '../../engine.ts'
import { RunEngine } from './run-engine.ts'

/**
 * An engine over a store and what its steps can call.
 *
 * ```ts
 * const engine = createEngine({ store: createMemoryStore(), router })
 * const run = await engine.submit(plan, [{ name: 'Ada' }])
 * for await (const { outcome } of run.results()) console.log(outcome)
 * ```
 */
export function createEngine(options: PlanEngineOptions): PlanEngine {
  return new RunEngine(options)
}
