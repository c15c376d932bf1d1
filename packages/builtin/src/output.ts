// /output: a value that must fit a schema, as the end of a flow.

import { type Component, FlowError, isRecord, type Json } from '@stepflow/engine'
import type { SchemaLoader } from './check.ts'
import { define } from './define.ts'
import { anything, custom, optional, text } from './input.ts'
import { jsonValue } from './loose-fields.ts'

export function output(load: SchemaLoader): Component {
  return define({
    name: 'output',
    description: 'Gives a value, checked against a schema',
    fields: {
      value: anything('The value'),
      schema: custom('a JSON Schema', { type: ['object', 'boolean', 'string'] }, (value) => {
        const schema = jsonValue(value)
        return isRecord(schema) || typeof schema === 'boolean' ? { schema: schema as Json } : undefined // a step's input is JSON
      }),
      description: optional(text('What it is')),
    },
    output: {},
    repeatable: true,
    async call({ value, schema: { schema } }) {
      const check = await load(schema)
      const { value: checked, violations } = check(value)
      if (violations.length === 0) return checked
      const errors = violations.map(({ path, message }) => ({ path, message }))
      const told = errors.slice(0, 5).map(({ path, message }) => `${path} ${message}`)
      throw new FlowError('INVALID_INPUT', `the output does not fit its schema: ${told.join('; ')}`, {
        data: { errors },
      })
    },
  })
}
