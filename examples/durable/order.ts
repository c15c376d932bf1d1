// An order in three steps, as a typed flow. Each says on the screen that it is done, so that one sees what is done twice.

import { component, defineFlow, shape } from 'stepflow'

export interface Order {
  article: string
  pieces: number
}

export const reserve = component('reserve', { input: shape<Order>() }, ({ article, pieces }) => {
  console.log(`reserved: ${pieces} x ${article}`)
  return { pieces, price: pieces * 20 }
})

// Whoever takes the money knows the key: if this is done again, it is not paid again.
export const charge = component('charge', { input: shape<{ price: number }>() }, ({ price }, { idempotencyKey }) => {
  console.log(`charged: ${price}`)
  return { price, receipt: idempotencyKey }
})

export const ship = component('ship', { input: shape<{ pieces: number }>() }, ({ pieces }) => {
  if (process.env.LIGHTS_OUT) process.kill(process.pid, 'SIGKILL')
  console.log(`shipped: ${pieces}`)
  return 'on its way'
})

export const order = defineFlow('order', { input: shape<Order>() }, ({ input, step }) => {
  const reserved = step('reserve', reserve, input)
  const paid = step('charge', charge, { price: reserved.price })
  const state = step('ship', ship, { pieces: reserved.pieces }, { needs: [paid] })
  return { state, paid: paid.price }
})
