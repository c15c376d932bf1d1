// The words for a field that is not there. An element is read below the inputs that a loop makes for it; messages name the
// element of the list instead, as its author knows it.

import type { ErrorValue } from '../../errors.ts'
import { isRecord, own } from '../../json.ts'
import type { Expr } from '../../plan/expr.ts'
import { keysAt, lastReached } from '../../plan/path.ts'
import { subPlanOf } from '../../plan/step-parts.ts'
import type { RunState } from './state.ts'

/** `where`: the step that reads; `what`: what it reads. */
export function noSuchField(where: string, path: string, what: string, value: unknown): ErrorValue {
  const reached = lastReached(path, value)
  const there =
    isRecord(reached) && Object.keys(reached).length > 0 ? `there are: ${keysAt(reached)}` : `it is ${keysAt(reached)}`
  return {
    code: 'EXPRESSION_FAILURE',
    message: `${where} reads "${shown(path)}" of ${what}: no such field; ${there}`,
  }
}

/** What stands at `path` of an input: of an element, or of the input around it, if it is one that a loop made. */
export function inputAt(path: string, state: RunState, slot: number): Read {
  const value = state.input[slot]
  const [, first, rest = ''] = /^\$\.(item|input)(?![^.[])(.*)$/s.exec(path) ?? []
  const element = elementOf(state, slot)
  if (element === undefined || first === undefined) return { what: 'the input', path, value }
  return { what: first === 'item' ? element : 'the input', path: `$${rest}`, value: own(value, first) }
}

/** `element 2 of "$.rows" of the input`; undefined outside a loop. Elements are counted from 0. */
export function elementOf({ facts, input }: RunState, slot: number): string | undefined {
  const step = facts.loop?.plan.steps[facts.loop.step]
  return step && `element ${own(input[slot], 'index')} of ${listWords(subPlanOf(step)?.items, facts.loop?.plan.steps)}`
}

// ---

interface Read {
  readonly what: string
  readonly path: string
  /** That the path leads from. */
  readonly value: unknown
}

type Steps = readonly { readonly id: string; readonly hidden?: boolean }[] | undefined

function listWords(items: Expr | undefined, steps: Steps): string {
  switch (items?.op) {
    case 'input':
      return isWhole(items.path) ? 'the input' : `"${shown(items.path)}" of the input`
    case 'step': {
      const of = steps?.[items.step]
      if (of === undefined || of.hidden) break
      return isWhole(items.path) ? `the output of step "${of.id}"` : `"${shown(items.path)}" of step "${of.id}"`
    }
  }
  return 'its list'
}

function isWhole(path: string | undefined): path is '' | undefined {
  return path === undefined || path === '' || path === '$'
}

function shown(path = ''): string {
  return path.startsWith('$') ? path : `$.${path}`
}
