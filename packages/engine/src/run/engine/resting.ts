// What has driven a run of a plan and can drive another: to make a driver costs more than to run a few steps.

import type { LinkedPlan } from '../link.ts'

/** Of one plan, so many wait for their next run. */
const MOST = 64

export class Resting<T> {
  readonly #resting = new WeakMap<LinkedPlan, T[]>()

  take(plan: LinkedPlan): T | undefined {
    return this.#resting.get(plan)?.pop()
  }

  put(plan: LinkedPlan, one: T): void {
    const resting = this.#resting.get(plan)
    if (!resting) this.#resting.set(plan, [one])
    else if (resting.length < MOST) resting.push(one)
  }
}
