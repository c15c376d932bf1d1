// Checks a step function. Targets that do not exist and a missing start step are errors, unreachable steps are warnings.

import { type Diagnostic, suggest } from '@stepflow/engine'
import { DEFINITION, type Definition, insideOf, isSame, type StepDefinition } from './definition.ts'

/** Of the step function and of those inside it; `around` are those it is inside of. */
export function checkDefinition(of: Definition, around: readonly Definition[] = []): Diagnostic[] {
  const found: Diagnostic[] = []
  const where = [...around, of].map(({ name }) => name).join(' > ')
  const add = (level: Diagnostic['level'], code: string, message: string, hint?: string) =>
    found.push({ level, code, message: `${where}: ${message}`, ...(hint === undefined ? {} : { hint }) })

  checkStart(of, add)
  for (const step of of.steps.values()) {
    for (const [how, target] of targetsOf(step)) {
      if (of.steps.has(target)) continue
      const near = suggest(target, of.steps.keys())
      add(
        'error',
        'UNKNOWN_STEP',
        `${how} of step "${step.name}" is "${target}", which is not a step`,
        near ? `did you mean "${near}"?` : known(of),
      )
    }
  }
  for (const name of unreachable(of)) {
    add('warning', 'UNREACHABLE_STEP', `step "${name}" cannot be reached from "${of.start}"`)
  }
  for (const step of of.steps.values()) {
    for (const { [DEFINITION]: inner } of insideOf(step)) {
      if ([...around, of].some((one) => isSame(one, inner))) {
        add('error', 'RECURSION', `step "${step.name}" contains "${inner.name}", which it is a part of`)
      } else found.push(...checkDefinition(inner, [...around, of]))
    }
  }
  return found
}

// ---

type Add = (level: Diagnostic['level'], code: string, message: string, hint?: string) => void

function checkStart(of: Definition, add: Add): void {
  if (of.steps.size === 0) return void add('error', 'NO_STEPS', 'there are no steps', 'add one with addStep')
  if (of.start === undefined) {
    add('error', 'MISSING_START', 'there is no start step', `call setStartStep with one of them; ${known(of)}`)
  } else if (!of.steps.has(of.start)) {
    const near = suggest(of.start, of.steps.keys())
    add(
      'error',
      'UNKNOWN_STEP',
      `the start step "${of.start}" is not a step`,
      near ? `did you mean "${near}"?` : known(of),
    )
  }
}

/** Where a step may lead, and what says so; a branch that is a function says it only when it runs. */
function targetsOf({ next, onFailure, branch }: StepDefinition): [how: string, target: string][] {
  const targets: [string, string][] = []
  if (next !== undefined) targets.push(['"nextStep"', next])
  if (onFailure !== undefined) targets.push(['"onFailure"', onFailure])
  if (branch?.kind === 'record') {
    for (const [key, target] of branch.targets) targets.push([`the branch "${key}"`, target])
    if (branch.default !== undefined) targets.push(['the branch "default"', branch.default])
  }
  return targets
}

function unreachable(of: Definition): string[] {
  if (of.start === undefined || !of.steps.has(of.start)) return []
  const reached = new Set<string>()
  const open = [of.start]
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const step = of.steps.get(name)
    if (!step || reached.has(name)) continue
    if (step.branch?.kind === 'function') return []
    reached.add(name)
    for (const [, target] of targetsOf(step)) open.push(target)
  }
  return [...of.steps.keys()].filter((name) => !reached.has(name))
}

function known(of: Definition): string {
  return `there are ${[...of.steps.keys()].map((name) => `"${name}"`).join(', ')}`
}
