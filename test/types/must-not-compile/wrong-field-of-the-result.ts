import { defineFlow, run } from 'stepflow'
import { now } from '../kit.ts'

const flow = defineFlow('f', {}, ({ step }) => ({ made: step('n', now) }))
// error: Property 'maid' does not exist on type '{ made: number; }'
run(flow, null).then((output) => output.maid)
