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

/** Which failures say that a plugin itself is down. */
type IsDown = 'whatever it is' | 'if it says so' | 'never'

/** The same plugin, and `use` says how it is doing. What runs in this process is there: what it cannot reach is something else. */
export function watched(plugin: Plugin, use: PluginUse, where: 'server' | 'in this process'): Plugin {
  const isDown = where === 'server' ? 'if it says so' : 'never'
  return {
    name: plugin.name,
    components() {
      const listed = plugin.components()
      return isPromise(listed) ? noted(listed, use, 'whatever it is') : listed
    },
    resolve(name) {
      const component = plugin.resolve(name)
      return component && watchedComponent(component, use, isDown)
    },
    start: () => plugin.start?.(),
    stop: () => plugin.stop?.(),
  }
}

// ---

function watchedComponent(component: Component, use: PluginUse, isDown: IsDown): Component {
  return { ...component, call: (input, context) => run(component, input, context, use, isDown) }
}

function run(
  component: Component,
  input: unknown,
  context: CallContext,
  use: PluginUse,
  isDown: IsDown,
): MaybePromise<unknown> {
  use.inFlight++
  let answer: MaybePromise<unknown>
  try {
    answer = component.call(input, context)
  } catch (thrown) {
    use.inFlight--
    noteFailure(use, thrown, isDown)
    throw thrown
  }
  if (isPromise(answer)) return settled(answer, use, isDown)
  use.inFlight--
  noteAnswer(use)
  return answer
}

async function settled(answer: Promise<unknown>, use: PluginUse, isDown: IsDown): Promise<unknown> {
  try {
    return await noted(answer, use, isDown)
  } finally {
    use.inFlight--
  }
}

async function noted<T>(answer: Promise<T>, use: PluginUse, isDown: IsDown): Promise<T> {
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
function noteFailure(use: PluginUse, thrown: unknown, isDown: IsDown): void {
  const error = errorValue(thrown)
  if (error.code === 'CANCELLED') return
  use.wasAsked = true
  const facts = Object.hasOwn(codes, error.code) ? codes[error.code as keyof typeof codes] : undefined
  if (isDown === 'whatever it is' || (isDown === 'if it says so' && facts?.retry === 'transport')) use.down = error
  else use.down = undefined
}
