// How the steps of one run ended, as text: what an assertion shows when it fails. Reads the journal, nothing else.

import { isRecord, type JournalEntry, type Outcome, own, type Plan } from '@stepflow/engine'

/** `✓ user  {"name":"Ada"}`, one line a step, those inside a step below it. */
export function stepTree(plan: Plan, entries: readonly JournalEntry[]): string {
  const settled = entries.filter((entry) => entry.type === 'settled')
  const lines: string[] = []
  addRun(plan, '', '', settled, lines)
  return lines.join('\n')
}

// ---

type Settled = Extract<JournalEntry, { type: 'settled' }>

const MARKS = { success: '✓', skipped: '–', failed: '✗' } as const
const LONGEST = 100

function addRun(plan: Plan, sub: string, indent: string, settled: readonly Settled[], lines: string[]): void {
  const own = settled.filter((entry) => (entry.sub ?? '') === sub)
  const items = new Set(own.map(({ item }) => item))
  for (const item of items.size > 0 ? items : [0]) {
    const isOneOfMany = sub !== '' && items.size > 1
    if (isOneOfMany) lines.push(`${indent}[${item}]`)
    addItem(plan, sub, isOneOfMany ? `${indent}  ` : indent, item, own, settled, lines)
  }
}

function addItem(
  plan: Plan,
  sub: string,
  indent: string,
  item: number,
  own: readonly Settled[],
  settled: readonly Settled[],
  lines: string[],
): void {
  plan.steps.forEach((step, index) => {
    if (step.hidden) return
    const visits = own.filter((entry) => entry.item === item && entry.step === index)
    if (visits.length === 0) lines.push(`${indent}· ${step.id}  did not run`)
    for (const entry of visits) {
      const times = visits.length > 1 ? ` (visit ${entry.visit})` : ''
      const tries = entry.attempt > 1 ? ` (attempt ${entry.attempt})` : ''
      lines.push(`${indent}${MARKS[entry.outcome.outcome]} ${step.id}${times}${tries}  ${wordsOf(entry.outcome)}`)
      const inside = planInside(step.input)
      const key = `${sub === '' ? '' : `${sub}/`}${item}/${index}/${entry.visit}`
      if (inside) addRun(inside, key, `${indent}  `, settled, lines)
    }
  })
}

/** The plan that a step of the engine's own runs stands in its input. */
function planInside(expr: unknown): Plan | undefined {
  if (!isRecord(expr)) return undefined
  if (expr.op === 'literal' && isRecord(expr.value) && Array.isArray(expr.value.steps) && 'exit' in expr.value) {
    return expr.value as unknown as Plan // it has the fields of one, and stands where one is
  }
  if (expr.op === 'object') {
    const plan = (expr.of as readonly (readonly [string, unknown])[]).find(([key]) => key === 'plan')
    return planInside(plan?.[1])
  }
  return planInside(own(expr, 'then'))
}

function wordsOf(outcome: Outcome): string {
  switch (outcome.outcome) {
    case 'success':
      return shortJson(outcome.result)
    case 'skipped':
      return `skipped: ${outcome.reason}`
    case 'failed':
      return `${outcome.error.code}: ${outcome.error.message}`
  }
}

export function shortJson(value: unknown): string {
  let text: string
  try {
    text = JSON.stringify(value) ?? String(value)
  } catch {
    text = String(value)
  }
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text
}
