import { StepFunction } from 'stepflow'

// error: Type '"png"' is not assignable to type 'DrawFormat | undefined'
new StepFunction('s').visualize({ format: 'png' })
