import { defineFlow, shape } from 'stepflow'

// error: 'inptu' does not exist in type 'FlowOptions<
defineFlow('f', { inptu: shape<string>() }, () => 1)
