// XState: a machine of states that each invoke a promise, and go on to the next with what it gave.

import { assign, createActor, createMachine, fromPromise, toPromise } from 'xstate'

export function xstate(functions) {
  const states = Object.fromEntries(
    functions.map((fn, i) => [
      `s${i}`,
      {
        invoke: {
          src: fromPromise(async ({ input }) => fn(input)),
          input: ({ context }) => context.x,
          onDone: { target: `s${i + 1}`, actions: assign({ x: ({ event }) => event.output }) },
        },
      },
    ]),
  )
  const machine = createMachine({
    initial: 's0',
    context: ({ input }) => ({ x: input }),
    output: ({ context }) => context.x,
    states: { ...states, [`s${functions.length}`]: { type: 'final' } },
  })
  return (input) => toPromise(createActor(machine, { input }).start())
}
