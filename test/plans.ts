// Plans by hand, as the compilers make them, for tests: of drawings, of inference, and of what is written of a run.

import type { Expr, Json, Plan, PlanStep } from '@stepflow/engine'

export const ref = (step: number, path?: string): Expr => (path ? { op: 'step', step, path } : { op: 'step', step })
export const input = (path?: string): Expr => (path ? { op: 'input', path } : { op: 'input' })
export const lit = (value: Json): Expr => ({ op: 'literal', value })
export const object = (fields: Readonly<Record<string, Expr>>): Expr => ({ op: 'object', of: Object.entries(fields) })
const skip: Expr = { op: 'skip' }

export function step(id: string, component: string | null, from: Expr, more: Partial<PlanStep> = {}): PlanStep {
  return { id, component, input: from, ...more }
}

/** A plan that pulls: the last step is its output. */
export function pull(name: string, ...steps: readonly PlanStep[]): Plan {
  const exit = steps.length - 1
  return { name, steps, entry: exit, exit, onFailure: 'stop' }
}

export const output = (from: Expr): PlanStep => step('$output', null, from, { hidden: true })

/** Two branches that meet again, a loop over a list, a step for its side effect. */
export const order: Plan = pull(
  'Handle an order',
  step('load_order', '/builtin/load_file', object({ path: input('$.path') }), {
    retry: { attempts: 3, delayMs: 100, backoff: 'fixed', factor: 1, maxMs: 1000, jitter: false },
  }),
  step('check_fraud', '/python/fraud', object({ order: ref(0, 'data') }), { handlers: [7] }),
  step('premium', '/sales/premium', {
    op: 'guard',
    rule: 'all_success',
    of: [0, 1],
    then: {
      op: 'if',
      cond: ref(0, 'data.premium'),
      then: object({ order: ref(0), risk: ref(1, 'score') }),
      else: skip,
    },
  }),
  step('regular', '/sales/regular', {
    op: 'guard',
    rule: 'all_success',
    of: [0, 1],
    then: {
      op: 'if',
      cond: ref(0, 'data.premium'),
      then: skip,
      else: object({ order: ref(0), risk: ref(1, 'score') }),
    },
  }),
  step('merge', '/builtin/merge', {
    op: 'guard',
    rule: 'none_failed_min_one_success',
    of: [2, 3],
    then: object({ result: { op: 'coalesce', of: [ref(2), ref(3)] } }),
  }),
  step(
    'enrich',
    '$core/map',
    object({
      plan: lit(pull('enrich', step('enrich', '/http/get', object({ url: input('item.url') }))) as unknown as Json),
      items: ref(0, 'data.lines'),
    }),
  ),
  step('notify', '/slack/post', object({ text: ref(4, 'result') }), { needs: [5], timeoutMs: 30_000 }),
  step('report_failure', '/slack/post', {
    op: 'guard',
    rule: 'one_failed',
    of: [1],
    then: object({ text: lit('fraud check failed') }),
  }),
  output(object({ merged: ref(4), lines: ref(5) })),
)

/** The car purchase of the step function document. */
export const car: Plan = (() => {
  const arrival: Expr = { op: 'arrival' }
  const tasks = pull(
    'Update_Company_DB_Records',
    step('update_shipping_db_record', '/fn/shipping', input()),
    step('update_payment_db_record', '/fn/payment', input()),
    step('update_inventory_db_record', '/fn/inventory', input()),
    output(object({ shipping: ref(0), payment: ref(1), inventory: ref(2) })),
  )
  const failed = { on: 'failed', to: 6 } as const
  const steps: PlanStep[] = [
    step('Parse_Car_Purchase_Transaction', '/fn/parse', arrival, { next: [{ on: 'done', to: 1 }, failed] }),
    step('Check_If_Car_Purchase_Transaction_Is_Valid', '/fn/check', arrival, {
      next: [
        { on: 'done', equals: 'valid', to: 2, label: 'valid' },
        { on: 'done', equals: 'invalid', to: 4, label: 'invalid' },
        failed,
      ],
    }),
    step('Update_Company_DB_Records', '$core/run', object({ plan: lit(tasks as unknown as Json), input: arrival }), {
      next: [{ on: 'done', to: 3 }],
    }),
    step('Update_Car_Purchase_Transaction_Status', '/fn/status', arrival, { next: [{ on: 'done', to: 4 }, failed] }),
    step('Send_Notification_To_User_Email', '/fn/mail', arrival, { next: [{ on: 'done', to: 5 }, failed] }),
    step('End', '/fn/end', arrival, { next: [{ on: 'done', to: 7 }] }),
    step('Generic_Failure_Handler', '/fn/handler', arrival, { next: [{ on: 'done', to: 7 }] }),
    step('$exit', null, arrival, { hidden: true }),
  ]
  return {
    name: 'Validate_Car_Purchase_Transaction_Workflow',
    steps,
    entry: 0,
    exit: 7,
    onFailure: 'stop',
  }
})()

/** A plan of `count` steps, each reading two of the twenty before it and the input. */
export function large(count: number): Plan {
  const steps: PlanStep[] = []
  for (let i = 0; i < count; i++) {
    const near = (by: number) => Math.max(0, i - 1 - ((i * by) % 20))
    const from = i === 0 ? input('seed') : object({ a: ref(near(7)), b: ref(near(13)), seed: input('seed') })
    steps.push(step(`step_${i}`, '/builtin/noop', from))
  }
  return pull('large', ...steps, output(ref(count - 1)))
}
