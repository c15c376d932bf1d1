// A typed flow: what a step returns is a reference to what it will give, and what does not fit does not compile.

import { defineFlow, shape } from 'stepflow'
import * as shop from './steps.ts'

export const greetCustomer = defineFlow(
  'greet_customer',
  { input: shape<{ id: string }>() },
  ({ input, step, cond }) => {
    const customer = step('customer', shop.fetch_customer, { id: input.id })
    const orders = step('orders', shop.fetch_orders, { id: input.id }) // at the same time as customer
    const score = step('score', shop.score, { customer, orders })
    const isGood = step('is_good', (points: number) => points >= 100, score)
    const invite = step('invite', shop.invite, { name: customer.name })
    const thank = step('thank', shop.thank, { name: customer.name })
    const text = cond(isGood, invite, thank) // the other one does not run
    return step('notify', shop.notify, { text, score })
  },
)
