// Why steps that have not begun have not, in an item that goes on: told to their rows. What the rows do not say follows from
// settling the item's past again, and from how the run stands.

import { nearestBefore, type Plan, type StepStanding, stepsBefore, type VisitRow, type Why } from '@stepflow/engine'

export interface PendingFacts {
  readonly plan: Plan
  /** By the number of an element; of the item itself undefined. Undefined if nobody can say. */
  standing(element: number | undefined): Promise<readonly StepStanding[] | undefined>
  /** Why nothing begins that could; undefined: it does. */
  held(): Promise<Why | undefined>
}

export async function explainPending(rows: readonly VisitRow[], facts: PendingFacts): Promise<void> {
  if (!rows.some(isUnexplained)) return
  const before = stepsBefore(facts.plan)
  const held = await facts.held()
  for (const ofElement of byElement(rows)) {
    if (!ofElement.some(isUnexplained)) continue
    const latest = new Map<number, VisitRow>()
    for (const row of ofElement) latest.set(row.step, row)
    const standing = await facts.standing(ofElement[0]?.element)
    const running = ofElement.filter(({ status }) => status === 'running').length
    const { steps, maxConcurrent } = facts.plan
    const from = nearestBefore(steps, (step) => !steps[step]?.hidden && latest.get(step)?.status !== 'pending')
    for (const row of ofElement) {
      if (!isUnexplained(row)) continue
      const at = standing?.[row.step]
      const dependencies = (before[row.step] ?? []).map((step) => latest.get(step)).filter((one) => one !== undefined)
      const why =
        at === 'idle'
          ? whyIdle(from.get(row.step), latest)
          : (whyBlocked(dependencies) ??
            held ??
            (maxConcurrent !== undefined && running >= maxConcurrent ? noPlace(maxConcurrent) : undefined))
      if (why) row.why = why
    }
  }
}

/** Of an item that has not begun, in a run that somebody drives. */
export function waitsToBegin(maxConcurrent: number | undefined): Why {
  const others = maxConcurrent === undefined ? 'as many as may be' : `as many as may be (${maxConcurrent})`
  return { kind: 'slot', text: `its item has not begun: ${others} are in flight` }
}

// ---

function isUnexplained({ status, why }: VisitRow): boolean {
  return status === 'pending' && why === undefined
}

function byElement(rows: readonly VisitRow[]): Iterable<VisitRow[]> {
  const elements = new Map<number | undefined, VisitRow[]>()
  for (const row of rows) {
    const known = elements.get(row.element)
    if (known) known.push(row)
    else elements.set(row.element, [row])
  }
  return elements.values()
}

/** Nothing has asked for it: of a step that others lead to, the nearest of them says why. */
function whyIdle(from: number | undefined, latest: ReadonlyMap<number, VisitRow>): Why {
  const source = from === undefined ? undefined : latest.get(from)
  if (!source) return { kind: 'not_needed', text: 'nothing has needed it so far' }
  const { stepId: step, endedAt } = source
  if (endedAt === undefined) return { kind: 'step', text: `comes after step "${step}"`, step }
  return { kind: 'branch', text: `step "${step}" led elsewhere so far`, step }
}

/** What has begun is told before what has not. */
function whyBlocked(dependencies: readonly VisitRow[]): Why | undefined {
  const open = dependencies.filter(({ endedAt }) => endedAt === undefined)
  const first = open.find(({ status }) => status !== 'pending') ?? open[0]
  return first && { kind: 'step', text: `waits for step "${first.stepId}"`, step: first.stepId }
}

function noPlace(maxConcurrent: number): Why {
  const steps = maxConcurrent === 1 ? 'one step' : `${maxConcurrent} steps`
  return { kind: 'slot', text: `its flow runs at most ${steps} of an item at once` }
}
