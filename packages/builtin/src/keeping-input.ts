// What all builtin components promise: none of them changes what it is given.

import type { Component } from '@stepflow/engine'

export function keepingInput(component: Component): Component {
  return { ...component, info: { ...component.info, keepsInput: true } }
}
