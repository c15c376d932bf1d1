// Text that is meant as JSON, to its value. What is a value already stays what it is.

import { FlowError, type PureFunction, whyNotJson } from '@stepflow/engine'

/** `(value, name) => value`. Throws INVALID_INPUT for a text that is not JSON. */
export const parseJson: PureFunction = (value, name) => {
  if (typeof value !== 'string') return value
  try {
    return JSON.parse(value)
  } catch (error) {
    throw new FlowError('INVALID_INPUT', `the value of "${name}" is not JSON: ${whyNotJson(error)}`)
  }
}
