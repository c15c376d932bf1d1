import { StepFunction } from 'stepflow'

// error: Type 'number' is not assignable to type 'string'
new StepFunction<{ id: string }>('s').execute({ id: 1 })
