// How a plugin is doing: how many of its calls are under way, and what went wrong last. For servers, which show it.

import {
  type CallContext,
  type Component,
  codes,
  type ErrorValue,
  errorValue,
  isPromise,
  type MaybePromise,
  type Plugin,
} from '@stepflow/engine'

export interface PluginUse {
  /** Calls that have not ended, those too that wait for a place. */
  inFlight: number
  /** Why it could not be reached, when it was last tried. */
  down: ErrorValue | undefined
  /** It has answered, or failed to. */
  wasAsked: boolean
}

export function newUse(): PluginUse {
  return { inFlight: 0, down: undefined, wasAsked: false }
}

/** The same plugin, and `use` says how it is doing. */
export function watched(plugin: Plugin, use: PluginUse): Plugin {
  return {
    name: plugin.name,
    components() {
      const listed = plugin.components()
      return isPromise(listed) ? noted(listed, use, 'whatever it is') : listed
    },
    resolve(name) {
      const component = plugin.resolve(name)
      return component && watchedComponent(component, use)
    },
    start: () => plugin.start?.(),
    stop: () => plugin.stop?.(),
  }
}

// ---

function watchedComponent(component: Component, use: PluginUse): Component {
  return { ...component, call: (input, context) => run(component, input, context, use) }
}

function run(component: Component, input: unknown, context: CallContext, use: PluginUse): MaybePromise<unknown> {
  use.inFlight++
  let answer: MaybePromise<unknown>
  try {
    answer = component.call(input, context)
  } catch (thrown) {
    use.inFlight--
    noteFailure(use, thrown, 'if it says so')
    throw thrown
  }
  if (isPromise(answer)) return settled(answer, use)
  use.inFlight--
  noteAnswer(use)
  return answer
}

async function settled(answer: Promise<unknown>, use: PluginUse): Promise<unknown> {
  try {
    return await noted(answer, use, 'if it says so')
  } finally {
    use.inFlight--
  }
}

async function noted<T>(answer: Promise<T>, use: PluginUse, isDown: 'whatever it is' | 'if it says so'): Promise<T> {
  try {
    const value = await answer
    noteAnswer(use)
    return value
  } catch (thrown) {
    noteFailure(use, thrown, isDown)
    throw thrown
  }
}

function noteAnswer(use: PluginUse): void {
  use.wasAsked = true
  use.down = undefined
}

/** A call that fails has been answered, unless nobody was there. */
function noteFailure(use: PluginUse, thrown: unknown, isDown: 'whatever it is' | 'if it says so'): void {
  const error = errorValue(thrown)
  if (error.code === 'CANCELLED') return
  use.wasAsked = true
  const facts = Object.hasOwn(codes, error.code) ? codes[error.code as keyof typeof codes] : undefined
  if (isDown === 'whatever it is' || facts?.retry === 'transport') use.down = error
  else use.down = undefined
}
