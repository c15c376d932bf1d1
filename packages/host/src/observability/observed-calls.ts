// A router whose components report each call: when it begins, how it is answered, how long that takes.

import { type Component, errorValue, isPromise, Park, type Router } from '@stepflow/engine'
import type { Observer } from './observer.ts'

/** The same routes; calls are measured, their values are not looked at. */
export function observedCalls(router: Router, observer: Required<Observer>): Router {
  const known = new WeakMap<Component, Component>()
  const observed = (component: Component, path: string): Component => {
    const before = known.get(component)
    if (before) return before
    const made = observedComponent(component, path, observer)
    known.set(component, made)
    return made
  }
  return {
    route(path) {
      const { component, choose } = router.route(path)
      return {
        ...(component && { component: observed(component, path) }),
        ...(choose && { choose: (input: unknown) => observed(choose(input), path) }),
      }
    },
  }
}

// ---

function observedComponent(component: Component, path: string, observer: Required<Observer>): Component {
  return {
    ...component,
    call(input, context) {
      const ended = observer.called(path, context)
      const began = performance.now()
      let answer: unknown
      try {
        answer = component.call(input, context)
      } catch (thrown) {
        return failed(observer, began, ended, thrown)
      }
      if (!isPromise(answer)) return answered(observer, began, ended, answer)
      return answer.then(
        (value) => answered(observer, began, ended, value),
        (thrown) => failed(observer, began, ended, thrown),
      )
    },
  }
}

type Ended = ReturnType<Required<Observer>['called']>

function answered(observer: Required<Observer>, began: number, ended: Ended, answer: unknown): unknown {
  const isParked = answer instanceof Park
  if (!isParked) observer.stepTook((performance.now() - began) / 1000)
  ended?.({ kind: isParked ? 'parked' : 'answered' })
  return answer
}

function failed(observer: Required<Observer>, began: number, ended: Ended, thrown: unknown): never {
  observer.stepTook((performance.now() - began) / 1000)
  ended?.({ kind: 'failed', code: errorValue(thrown).code })
  throw thrown
}
