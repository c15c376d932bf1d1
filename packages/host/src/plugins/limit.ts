// At most N calls of a plugin at once. Callers wait in order; one that is aborted leaves the queue.

import {
  type CallContext,
  type Component,
  FlowError,
  isPromise,
  type MaybePromise,
  type Park,
  type Plugin,
} from '@stepflow/engine'

/** The same plugin, with at most `maxInFlight` calls running at any time. */
export function limit(plugin: Plugin, maxInFlight: number): Plugin {
  const slots = new Slots(maxInFlight)
  return {
    name: plugin.name,
    components: () => plugin.components(),
    resolve(name) {
      const component = plugin.resolve(name)
      return component && limited(component, slots)
    },
    start: () => plugin.start?.(),
    stop: () => plugin.stop?.(),
  }
}

// ---

/** A step's time limit begins when its call has a place. */
function limited(component: Component, slots: Slots): Component {
  return {
    ...component,
    info: { ...component.info, announcesStart: true },
    call(input, context) {
      if (slots.take()) return run(component, input, context, slots)
      return slots.wait(context.signal).then(() => run(component, input, context, slots))
    },
  }
}

/** Calls while holding a slot; gives it back however the call ends. */
function run(component: Component, input: unknown, context: CallContext, slots: Slots): MaybePromise<unknown | Park> {
  let answer: MaybePromise<unknown>
  if (!component.info.announcesStart) context.started()
  try {
    answer = component.call(input, lending(context, slots))
  } catch (error) {
    slots.release()
    throw error
  }
  if (isPromise(answer)) return answer.finally(() => slots.release())
  slots.release()
  return answer
}

/** While a call only waits for runs that it submitted, others have its slot: or those runs might wait for it forever. */
function lending(context: CallContext, slots: Slots): CallContext {
  const submit: CallContext['submit'] = async (...args) => {
    slots.release()
    try {
      return await context.submit(...args)
    } finally {
      slots.takeBack()
    }
  }
  return new Proxy(context, {
    get(target, key) {
      if (key === 'submit') return submit
      // The engine's context has private fields: it must see itself, not the proxy.
      const value: unknown = Reflect.get(target, key, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

class Slots {
  #free: number
  /** A Set keeps the order of arrival and lets an aborted call leave from the middle. */
  readonly #waiting = new Set<() => void>()

  constructor(free: number) {
    this.#free = free
  }

  take(): boolean {
    if (this.#free <= 0) return false
    this.#free--
    return true
  }

  /** Takes a lent slot back, even if that is one too many for a while. */
  takeBack(): void {
    this.#free--
  }

  /** Resolves when the caller has been handed a slot; rejects, without one, when `signal` aborts first. */
  wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const proceed = () => {
        signal.removeEventListener('abort', leave)
        resolve()
      }
      const leave = () => {
        this.#waiting.delete(proceed)
        reject(
          FlowError.is(signal.reason) ? signal.reason : new FlowError('CANCELLED', 'cancelled before its turn came'),
        )
      }
      if (signal.aborted) return leave()
      signal.addEventListener('abort', leave, { once: true })
      this.#waiting.add(proceed)
    })
  }

  /** Hands the slot to whoever waits longest; it is never free in between, so nobody overtakes. */
  release(): void {
    if (this.#free < 0) {
      this.#free++
      return
    }
    const [next] = this.#waiting
    if (!next) {
      this.#free++
      return
    }
    this.#waiting.delete(next)
    next()
  }
}
