// From a component's path (/python/udf) to the component that answers it. Which rule applies may depend on the input.

import type { Component } from './plugin.ts'

/** Where a step's component path leads. */
export interface Route {
  /** The component, if no condition on the input is involved. */
  readonly component?: Component
  /** Otherwise: chosen per call; throws COMPONENT_NOT_FOUND if no rule matches. */
  readonly choose?: (input: unknown) => Component
}

export interface Router {
  /** Throws COMPONENT_NOT_FOUND, naming what there is, if nothing can serve the path. */
  route(path: string): Route
}
