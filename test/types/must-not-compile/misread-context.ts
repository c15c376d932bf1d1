import { StepFunction } from 'stepflow'

// error: Property 'outcomes' does not exist on type 'StepContext'
new StepFunction('s').addStep('A', { func: (_, context) => context.outcomes })
