import { component, defineFlow, run } from 'stepflow'

const parse = component('parse', { input: { type: 'string' }, output: { type: 'number' } }, (text: string) =>
  Number(text),
)
const flow = defineFlow('f', { input: { type: 'object' } }, ({ step }) => step('p', parse, 'x'))
const output: Promise<number> = run(flow, { any: 1 })
void output
