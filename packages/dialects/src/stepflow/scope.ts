// What an expression can name at the place where it stands, and the record of which steps it does name.

import { type Expr, parsePath, type TriggerRule } from '@stepflow/engine'
import { guard } from '../builder.ts'
import { didYouMean, type Findings, type Place, type Trail } from '../findings.ts'
import { inputBelow, isWhole } from '../paths.ts'
import type { Language } from './language.ts'

/** Of the whole flow; the same for all its expressions. */
export interface FlowNames {
  readonly findings: Findings
  readonly language: Language
  readonly flowName: string
  readonly steps: ReadonlyMap<string, StepName>
  /** Undefined: the flow has no schema for its variables. */
  readonly variables: ReadonlySet<string> | undefined
  readonly hasInputSchema: boolean
  /** The inputs that templates read by name, and where first. */
  readonly inputsRead: Map<string, InputRead>
  /** Of what it was already told that no schema describes it: once is enough. */
  readonly unvalidated: Set<'input' | 'steps' | 'variables'>
  /** References that say what to do when a step is skipped, to be checked when all is known. */
  readonly onSkips: { readonly step: string; readonly owner: string; readonly place: Place; readonly trail: Trail }[]
}

export interface InputRead {
  readonly owner: string
  /** It may be absent: something looks whether it is defined. */
  readonly isOptional: boolean
  readonly place: Place
  readonly trail: Trail
}

export interface StepName {
  readonly index: number
  readonly place: Place
  /** The field that paths may leave out. */
  readonly primary: string | undefined
  /** A schema says what it gives, or no schema could: what is in a file is in the file. */
  readonly isDescribed: boolean
}

/** How one step (or the output) uses another. */
export interface Use {
  /** It must have ended before the value is taken. */
  strict: boolean
  /** A skip of it counts: some reference has no default of its own. */
  counts: boolean
  readonly place: Place
}

/** Of one step, or of the output. */
export interface Scope {
  readonly names: FlowNames
  /** `step "a"`, `the output` */
  readonly owner: string
  readonly self?: string
  /** Undefined in the output, which follows no rule. */
  readonly rule: TriggerRule | undefined
  /** `$item` and `$index` have a meaning here. */
  readonly loop: boolean
  /** Inside a loop's own plan the flow's input lies at `$.input`, and outer steps have stand-ins. */
  readonly child: boolean
  /** Everything referred to has ended before; no branch is lazy. */
  readonly eager: boolean
  readonly uses: Map<string, Use>
  indexOf(id: string): number
}

/** Where in its expression a reference stands. */
export interface Position {
  /** It may turn out not to be evaluated. */
  readonly lazy: boolean
  /** A skip there has a way out of its own. */
  readonly own: boolean
  /** A skipped step reads as null. */
  readonly nullSkips: boolean
}

export const TOP: Position = { lazy: false, own: false, nullSkips: false }

export interface RefParts {
  readonly path?: string | undefined
  readonly default?: Expr | undefined
  readonly onSkip?: Expr | undefined
  /** The path leads where it says, or nowhere: no look into the primary field. */
  readonly exact?: boolean
}

/** A step's output; null and a finding if there is no such step. */
export function stepRef(id: string, parts: RefParts, scope: Scope, at: Position, place: Place, trail: Trail): Expr {
  const step = resolveStep(id, scope, place, trail)
  if (!step) return { op: 'literal', value: null }
  const onSkip = parts.onSkip ?? (at.nullSkips ? ({ op: 'literal', value: null } as const) : undefined)
  const path = isWhole(parts.path) ? undefined : parts.path
  const ref: Expr = {
    op: 'step',
    step: scope.indexOf(id),
    ...(path === undefined ? {} : { path }),
    ...(path === undefined || step.primary === undefined || parts.exact ? {} : { primary: step.primary }),
    ...(parts.default ? { default: parts.default } : {}),
    ...(onSkip ? { onSkip } : {}),
  }
  return used(id, ref, onSkip !== undefined, scope, at, place)
}

/** How a step ended, as data. */
export function outcomeRef(id: string, path: string, scope: Scope, at: Position, place: Place, trail: Trail): Expr {
  if (!resolveStep(id, scope, place, trail)) return { op: 'literal', value: null }
  return used(id, { op: 'outcome', step: scope.indexOf(id), path }, false, scope, at, place)
}

/** The flow's input. */
export function inputRef(path: string | undefined, otherwise: Expr | undefined, scope: Scope): Expr {
  if (scope.child) return inputBelow('input', path, otherwise)
  return {
    op: 'input',
    ...(isWhole(path) ? {} : { path: path as string }),
    ...(otherwise ? { default: otherwise } : {}),
  }
}

/** `$item`, `$index`: null and a finding outside a loop. */
export function loopRef(
  what: 'item' | 'index',
  path: string | undefined,
  otherwise: Expr | undefined,
  scope: Scope,
  place: Place,
  trail: Trail,
): Expr {
  if (scope.loop) return inputBelow(what, path, otherwise)
  const { findings, language } = scope.names
  const key = language.file === 'manifest' ? 'forEach' : 'for_each'
  const message = `"${what}" is read in ${scope.owner}, outside a ${key}`
  findings.error('LOOP_VARIABLE_OUTSIDE_LOOP', message, place, trail, `add "${key}" to the step`)
  return { op: 'literal', value: null }
}

/** `path` begins with the variable's name. */
export function variableRef(path: string, otherwise: Expr | undefined, scope: Scope, place: Place, trail: Trail): Expr {
  const name = variableName(path, scope.names.variables)
  checkVariable(name, otherwise !== undefined, scope, place, trail)
  return { op: 'variable', path, ...(otherwise ? { default: otherwise } : {}) }
}

/** True, or a finding. */
export function checkPath(path: string, scope: Scope, place: Place, trail: Trail): boolean {
  const parsed = parsePath(path)
  if ('segments' in parsed) return true
  scope.names.findings.error('INVALID_PATH', parsed.error, place, trail, 'a field name, or $ with .name, [n], ["name"]')
  return false
}

/** Notes that `scope` depends on a step, for other reasons than a reference. */
export function use(scope: Scope, id: string, strict: boolean, counts: boolean, place: Place): void {
  const known = scope.uses.get(id)
  if (!known) scope.uses.set(id, { strict, counts: strict && counts, place })
  else {
    known.strict ||= strict
    known.counts ||= strict && counts
  }
}

// ---

function used(id: string, ref: Expr, hasDefault: boolean, scope: Scope, at: Position, place: Place): Expr {
  const lazy = at.lazy && !scope.eager
  use(scope, id, !lazy, !(at.own || hasDefault), place)
  // Read only in a branch: the step's own rule does not wait for it, so the branch has to.
  if (!lazy || scope.rule !== 'all_success') return ref
  const step = scope.indexOf(id)
  return hasDefault ? guard('all_success', [], [step], ref) : guard('all_success', [step], [], ref)
}

function resolveStep(id: string, scope: Scope, place: Place, trail: Trail): StepName | undefined {
  const { steps, findings } = scope.names
  if (id === scope.self) {
    findings.add('fatal', 'SELF_REFERENCE', `${scope.owner} refers to itself`, place, trail)
    return undefined
  }
  const step = steps.get(id)
  if (step) return step
  findings.unknownStep(id, `${scope.owner} refers to`, steps.keys(), place, trail)
  return undefined
}

function variableName(path: string, known: ReadonlySet<string> | undefined): string {
  const parsed = parsePath(path)
  const first = 'segments' in parsed ? String(parsed.segments[0] ?? '') : path
  if (path.trim().startsWith('$') || known?.has(first)) return first
  return first.split(/[.[]/, 1)[0] as string
}

function checkVariable(name: string, hasDefault: boolean, scope: Scope, place: Place, trail: Trail): void {
  const { variables, findings, unvalidated } = scope.names
  if (!variables) {
    if (unvalidated.has('variables')) return
    unvalidated.add('variables')
    const message = `${scope.owner} reads variable "${name}", and the flow has no schema for its variables`
    findings.warning('MISSING_VARIABLE_SCHEMA', message, place, trail, 'describe it in schemas.properties.variables')
  } else if (!variables.has(name)) {
    const message = `${scope.owner} reads variable "${name}", which the variables schema does not have${didYouMean(name, variables)}`
    findings.error(hasDefault ? 'UNDEFINED_VARIABLE' : 'UNDEFINED_REQUIRED_VARIABLE', message, place, trail)
  }
}
