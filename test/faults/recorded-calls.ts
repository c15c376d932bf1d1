// Whether what was called is what is on record: once a step's answer is written, nobody calls the step again.

import type { JournalRow, Plan, Store } from '@stepflow/engine'
import type { Call } from '../cluster.ts'

/** Of runs that have ended. Each as a sentence: steps that somebody called after another had written how they ended. */
export async function calledAfterTheirEnd(store: Store, runs: readonly string[], calls: readonly Call[]) {
  const last = new Map<string, Call>()
  for (const call of calls) last.set(`${call.run} ${call.item} ${call.step}`, call)
  const wrong: string[] = []
  for (const run of runs) {
    const [created] = (await store.read(`${run}/0`))[0]?.entries ?? []
    const plan = created?.type === 'created' ? created.plan : undefined
    const enders = new Map<string, string>()
    for (const { journal } of await store.runs.shards(run)) {
      for (const [key, driver] of settledBy(run, plan as Plan, await store.read(journal))) enders.set(key, driver)
    }
    for (const [key, { node }] of last) {
      if (!key.startsWith(`${run} `)) continue
      const driver = enders.get(key)
      if (!driver?.startsWith(`${node}-`))
        wrong.push(`${key} was called at ${node}, and ended by ${driver ?? 'nobody'}`)
    }
  }
  return wrong
}

// ---

/** Who wrote how each called step ended. */
function settledBy(run: string, { steps }: Plan, rows: readonly JournalRow[]): Map<string, string> {
  const found = new Map<string, string>()
  let driver = ''
  for (const { entries } of rows) {
    for (const entry of entries) {
      if (entry.type === 'claimed') driver = entry.driver
      if (entry.type !== 'settled' || entry.sub !== undefined || entry.cached || entry.derived) continue
      found.set(`${run} ${entry.item} ${steps[entry.step]?.id}`, driver)
    }
  }
  return found
}
