// /validate and /transform: a value against a schema, a value through an expression.

import {
  type Component,
  FlowError,
  isPromise,
  isRecord,
  type Json,
  type MaybePromise,
  type PureFunction,
  type SchemaCheck,
} from '@stepflow/engine'
import { define } from './define.ts'
import { anything, custom, flag, optional, text } from './input.ts'

export type SchemaLoader = (schema: Json) => MaybePromise<SchemaCheck>

export function validate(load: SchemaLoader): Component {
  return define({
    name: 'validate',
    description: 'Checks a value against a JSON Schema (2020-12)',
    fields: {
      data: anything('The value'),
      schema: custom(
        'a JSON Schema',
        { type: ['object', 'boolean'] },
        (value) => (isRecord(value) || typeof value === 'boolean' ? { schema: value as Json } : undefined), // a step's input is JSON
      ),
      fail: optional(flag('Fail instead of answering valid: false')),
    },
    output: {
      type: 'object',
      properties: {
        valid: { type: 'boolean' },
        errors: {
          type: 'array',
          items: { type: 'object', properties: { path: { type: 'string' }, message: { type: 'string' } } },
        },
        data: { description: 'The value with the defaults of the schema' },
      },
      required: ['valid', 'errors', 'data'],
    },
    primary: 'data',
    repeatable: true,
    async call({ data, schema: { schema }, fail }) {
      const check = await load(schema)
      const { value, violations } = check(data)
      const errors = violations.map(({ path, message }) => ({ path, message }))
      if (fail && errors.length > 0) {
        const shown = errors.slice(0, 5).map(({ path, message }) => `${path} ${message}`)
        if (errors.length > shown.length) shown.push(`and ${errors.length - shown.length} more`)
        throw new FlowError('INVALID_INPUT', `the data does not fit the schema: ${shown.join('; ')}`, {
          data: { errors },
        })
      }
      return { valid: errors.length === 0, errors, data: errors.length === 0 ? value : data }
    },
  })
}

export type FunctionFinder = (name: string) => MaybePromise<PureFunction | undefined>

export function transform(functions: FunctionFinder): Component {
  return define({
    name: 'transform',
    description: 'Computes a value with an expression over x',
    fields: {
      value: anything('x in the expression'),
      expression: text('Such as x.price * 2'),
      input: optional(anything('$ in the expression')),
    },
    output: {},
    repeatable: true,
    call({ value, expression, input }) {
      const apply = (transform: PureFunction | undefined) => {
        if (transform) return transform(expression, value, input ?? null)
        throw new FlowError('COMPONENT_NOT_FOUND', '/builtin/transform: this engine has no expression language')
      }
      const found = functions('transform')
      return isPromise(found) ? found.then(apply) : apply(found)
    },
  })
}
