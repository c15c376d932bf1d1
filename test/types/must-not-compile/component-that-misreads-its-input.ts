import { component } from 'stepflow'
import { z } from 'zod'

// error: Property 'idd' does not exist on type '{ id: string; }'
component('c', { input: z.object({ id: z.string() }) }, (input) => input.idd)
