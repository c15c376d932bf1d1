// The functions that plans of these front ends call, by name, loaded when a plan names them.

import type { MaybePromise, PureFunction } from '@stepflow/engine'

export function functions(name: string): MaybePromise<PureFunction | undefined> {
  switch (name) {
    case 'template':
      return import('../template/render.ts').then((m) => m.template)
    case 'condition':
      return import('../template/condition.ts').then((m) => m.condition)
    case 'shown_condition':
      return import('../template/condition.ts').then((m) => m.shownCondition)
    case 'parse_json':
      return import('./parse-json.ts').then((m) => m.parseJson)
    case 'present':
      return import('./present.ts').then((m) => m.present)
    case 'transform':
      return import('./transform.ts').then((m) => m.transform)
    default:
      return undefined
  }
}
