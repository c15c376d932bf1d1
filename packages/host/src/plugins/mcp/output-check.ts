// The check of a tool's output against the schema that its server gives. That schema is as foreign as the output: neither may
// keep this thread busy.

import { createContext, Script } from 'node:vm'
import { FlowError, type Json, own, type SchemaCheck } from '@stepflow/engine'

/** Throws where the schema cannot be used. */
export async function compileCheck(schema: Json): Promise<SchemaCheck> {
  const text = JSON.stringify(schema)
  if (text.length > MAX_SCHEMA_CHARACTERS) {
    throw new Error(`it has more than ${MAX_SCHEMA_CHARACTERS.toLocaleString('en-US')} characters`)
  }
  const { createSchemaLoader } = await import('@stepflow/schema')
  const check = await createSchemaLoader()(schema)
  return UNBOUNDED.test(text) ? withinTime(check) : check
}

// ---

/** Compiling a schema takes time for each part of it. */
const MAX_SCHEMA_CHARACTERS = 256 * 1024
/** What may take more time than a value is long: regular expressions, and comparing all with all. */
const UNBOUNDED = /"(?:pattern|patternProperties|uniqueItems|\$dynamicRef|\$ref)"/
const CHECK_MS = 1000

function withinTime(check: SchemaCheck): SchemaCheck {
  return (value) => {
    try {
      ROOM.run = () => check(value)
      return RUN.runInContext(ROOM, { timeout: CHECK_MS }) as ReturnType<SchemaCheck>
    } catch (error) {
      if (own(error, 'code') !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error
      const message = `the output could not be checked against the tool's own schema within ${CHECK_MS / 1000} s`
      throw new FlowError('COMPONENT_FAILED', message, { retryable: false })
    } finally {
      ROOM.run = undefined
    }
  }
}

/** Nothing else can stop a regular expression: a script that is run with a time limit, and what it calls. */
const ROOM = createContext({ run: undefined as (() => unknown) | undefined })
const RUN = new Script('run()')
