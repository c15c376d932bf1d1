import { StepFunction } from 'stepflow'

// error: Property 'func' is missing in type '{ nextStep: string; }' but required in type 'StepOptions<StepContext>'
new StepFunction('s').addStep('A', { nextStep: 'B' })
