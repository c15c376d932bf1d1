// The runs of a cluster, for whoever begins them and looks at them.

import type { OpenElsewhere, RunsElsewhere } from '@stepflow/host'
import { placeOf, readAddress } from '../address.ts'
import { connect } from '../connect.ts'
import { payloadKey } from '../payloads/codec.ts'
import { checkPlan } from './check-plan.ts'
import { readOutcome } from './read-outcome.ts'
import { runStore } from './run-store.ts'
import { startRun } from './start-run.ts'

export async function openRuns({ url, env, blobs, version }: OpenElsewhere): Promise<RunsElsewhere> {
  const address = readAddress(url, env)
  const isEncrypted = payloadKey(env) !== undefined
  const connected = await connect({ address, env, blobs })
  return {
    place: placeOf(address),
    store: runStore(connected),
    check: (plan) => checkPlan(plan, isEncrypted),
    start: (run) => startRun(connected, run, version),
    outcome: (id) => readOutcome(connected, id),
    close: () => connected.connection.close(),
  }
}
