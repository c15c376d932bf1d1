import { defineFlow, runOutcome } from 'stepflow'
import { now } from '../kit.ts'

const flow = defineFlow('f', {}, ({ step }) => step('n', now))
// error: Property 'result' does not exist on type
runOutcome(flow, null).then((outcome) => outcome.result)
