// Several processes of one component server as one plugin: each call goes to the one with the fewest calls in flight.

import { type Component, isPromise, type MaybePromise, type Plugin } from '@stepflow/engine'

export function pool(name: string, members: readonly Plugin[]): Plugin {
  const inFlight = members.map(() => 0)

  function call(component: string, ...args: Parameters<Component['call']>): MaybePromise<unknown> {
    const at = inFlight.indexOf(Math.min(...inFlight))
    const member = members[at]?.resolve(component) as Component // it was there when the first member resolved it
    const done = () => {
      inFlight[at] = (inFlight[at] as number) - 1
    }
    inFlight[at] = (inFlight[at] as number) + 1
    let answer: MaybePromise<unknown>
    try {
      answer = member.call(...args)
    } catch (error) {
      done()
      throw error
    }
    if (isPromise(answer)) return answer.finally(done)
    done()
    return answer
  }

  return {
    name,
    components: () => members[0]?.components() ?? [],
    resolve(component) {
      const info = members[0]?.resolve(component)?.info
      return info && { info, call: (...args) => call(component, ...args) }
    },
    async start() {
      await Promise.all(members.map((member) => member.start?.()))
    },
    async stop() {
      await Promise.all(members.map((member) => member.stop?.()))
    },
  }
}
