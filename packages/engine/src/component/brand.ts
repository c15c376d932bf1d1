// How a value says that it is a component, to whoever finds it among a module's exports.

import type { Json } from '../json.ts'
import type { Component } from './plugin.ts'

/** Under this symbol an exported value says that it is a component, and what is to be known of it. */
export const COMPONENT: unique symbol = Symbol.for('stepflow.component') as never // a unique symbol needs a declared type

/** What an export carries under `COMPONENT`; the export's name is the component's, and its own stands in for it. */
export interface ComponentBrand {
  readonly name?: string
  readonly description?: string
  /** JSON Schemas. */
  readonly input?: Json
  readonly output?: Json
  readonly primary?: string
  readonly repeatable?: boolean
  readonly call: Component['call']
}
