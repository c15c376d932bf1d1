// The same workflows written by hand: nothing of ours, with the options that our workers have.

import { proxyActivities } from '@temporalio/workflow'

const { discount, tax, ship } = proxyActivities({
  startToCloseTimeout: '10 years',
  heartbeatTimeout: '5s',
  retry: {
    initialInterval: 200,
    backoffCoefficient: 2,
    maximumInterval: '10s',
    nonRetryableErrorTypes: ['TemporalTimeout:StartToClose'],
  },
})
const work = [discount, tax, ship]

export async function chain(order, steps) {
  let value = order
  for (let i = 0; i < steps; i++) value = await work[i % work.length](value)
  return value
}

export async function fan(order, steps) {
  return Promise.all(Array.from({ length: steps }, (_, i) => work[i % work.length](order)))
}
