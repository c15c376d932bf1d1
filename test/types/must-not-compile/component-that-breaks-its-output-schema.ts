import { component, shape } from 'stepflow'

// error: Type 'string' is not assignable to type 'number'
component('c', { output: shape<{ n: number }>() }, () => ({ n: 'one' }))
