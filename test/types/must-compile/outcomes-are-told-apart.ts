import { defineFlow, runOutcome } from 'stepflow'
import { now } from '../kit.ts'

const flow = defineFlow('f', {}, ({ step }) => ({ made: step('n', now) }))
runOutcome(flow, null).then((outcome) => {
  if (outcome.outcome === 'success') return outcome.result.made.toFixed()
  return outcome.outcome === 'skipped' ? outcome.reason : outcome.error.code
})
