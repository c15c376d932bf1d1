// At most N calls of a plugin at once. Callers wait in order; one that is aborted leaves the queue.

import {
  type CallContext,
  type Component,
  FlowError,
  isPromise,
  type MaybePromise,
  type Park,
  Places,
  type Plugin,
} from '@stepflow/engine'

/** The same plugin, with at most `maxInFlight` calls running at any time. */
export function limit(plugin: Plugin, maxInFlight: number): Plugin {
  const places = new Places(maxInFlight)
  return {
    name: plugin.name,
    components: () => plugin.components(),
    resolve(name) {
      const component = plugin.resolve(name)
      return component && limited(component, places)
    },
    start: () => plugin.start?.(),
    stop: () => plugin.stop?.(),
  }
}

// ---

/** A step's time limit begins when its call has a place. */
function limited(component: Component, places: Places): Component {
  return {
    ...component,
    info: { ...component.info, announcesStart: true },
    call(input, context) {
      const waiting = places.take(context, cancelled)
      return waiting
        ? waiting.then(() => run(component, input, context, places))
        : run(component, input, context, places)
    },
  }
}

/** Calls while holding a place; gives it back however the call ends. */
function run(component: Component, input: unknown, context: CallContext, places: Places): MaybePromise<unknown | Park> {
  let answer: MaybePromise<unknown>
  if (!component.info.announcesStart) context.started()
  try {
    answer = component.call(input, lending(context, places))
  } catch (error) {
    places.give()
    throw error
  }
  if (isPromise(answer)) return answer.finally(() => places.give())
  places.give()
  return answer
}

/** While a call only waits for runs that it submitted, others have its place: or those runs might wait for it forever. */
function lending(context: CallContext, places: Places): CallContext {
  const submit: CallContext['submit'] = (...args) => places.lend(() => context.submit(...args))
  return new Proxy(context, {
    get(target, key) {
      if (key === 'submit') return submit
      // The engine's context has private fields: it must see itself, not the proxy.
      const value: unknown = Reflect.get(target, key, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

function cancelled({ signal }: CallContext): FlowError {
  return FlowError.is(signal.reason) ? signal.reason : new FlowError('CANCELLED', 'cancelled before its turn came')
}
