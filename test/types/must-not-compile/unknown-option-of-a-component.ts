import { component } from 'stepflow'

// error: 'inputs' does not exist in type 'ComponentOptions<
component('c', { inputs: {} }, () => 1)
