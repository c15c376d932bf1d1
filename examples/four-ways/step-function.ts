// A step function: each step says where it leads, and is given the result of the one before.

import { StepFunction } from 'stepflow'
import * as shop from './steps.ts'

/** What later steps need of earlier ones they find in `context.results`. */
type Results = {
  Fetch: { customer: shop.Customer }
  Score: number
}

export const greetCustomer = new StepFunction('greet_customer')
  .addStep('Fetch', {
    func: { customer: shop.fetch_customer, orders: shop.fetch_orders }, // at the same time
    parallel: true,
    stopOnFailure: true,
    nextStep: 'Score',
  })
  .addStep('Score', { func: shop.score, branch: (points: number) => (points >= 100 ? 'Invite' : 'Thank') })
  .addStep('Invite', { func: (_, { results }) => shop.invite((results as Results).Fetch.customer), nextStep: 'Notify' })
  .addStep('Thank', { func: (_, { results }) => shop.thank((results as Results).Fetch.customer), nextStep: 'Notify' })
  .addStep('Notify', { func: (text: string, { results }) => shop.notify({ text, score: (results as Results).Score }) })
  .setStartStep('Fetch')
