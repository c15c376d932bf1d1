import { StepFunction } from 'stepflow'

// error: have no overlap
if (new StepFunction('s').status === 'IN_PROGRESS') throw new Error()
