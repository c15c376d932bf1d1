// Where component paths lead inside a workflow: the builtins that wait, compute and run flows answer here, all others are a
// worker's affair. By the path alone, and for ever: a history in which a component was an activity must find it one.

import { anywhere, builtinName } from '@stepflow/builtin/anywhere'
import { functions } from '@stepflow/dialects'
import type { Component, Router } from '@stepflow/engine'
import type { createSchemaLoader } from '@stepflow/schema'
import { workflowClock } from './clock.ts'
import { type FarTools, farComponent } from './far-component.ts'

export interface WorkflowTools extends FarTools {
  readonly schema: ReturnType<typeof createSchemaLoader>
}

export function workflowRouter({ schema, ...tools }: WorkflowTools): Router {
  const known = new Map<string, Component>()
  for (const component of anywhere({ clock: workflowClock, functions, schema })) {
    known.set(component.info.name, component)
  }
  const far = new Map<string, Component>()
  return {
    route(path) {
      const near = known.get(builtinName(path))
      if (near) return { component: near }
      const component = far.get(path) ?? farComponent(path, tools)
      far.set(path, component)
      return { component }
    },
  }
}
