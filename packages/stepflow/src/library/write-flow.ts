// A flow's notes as a YAML file: steps with their expressions, components under a prefix. Flows inside are written out as
// steps of their own. What the file could not say is refused, with what to do instead.

import { wrong } from '@stepflow/dialects'
import { type Json, type Retry, setOwn } from '@stepflow/engine'
import type { FlowDraft, Source, StepDraft } from './flow-draft.ts'
import { nodeOf, pathText } from './ref.ts'
import { jsonSchemaOf } from './schema-like.ts'
import { yamlText } from './yaml-text.ts'

/** `prefix`: where the file's reader finds the components, `/local`. */
export function writeFlow(draft: FlowDraft, prefix: string): string {
  const schema = jsonSchemaOf(draft.input)
  const text: Text = { flow: draft.name, prefix: prefix.replace(/\/+$/, ''), steps: [], choices: new Map() }
  const scope: Scope = { draft, prefix: '', given: undefined, inside: new Map() }
  addSteps(text, scope)
  const output = exprOf(draft.block.output, scope, text)
  return yamlText({
    name: draft.name,
    ...(draft.description === undefined ? {} : { description: draft.description }),
    ...(draft.timeoutMs === undefined ? {} : { timeout: duration(draft.timeoutMs) }),
    ...(draft.maxConcurrent === undefined ? {} : { max_concurrent: draft.maxConcurrent }),
    ...(draft.onFailure === 'stop' ? {} : { on_failure: 'continue' }),
    ...(schema === undefined ? {} : { schemas: { type: 'object', properties: { input: schema } } }),
    steps: text.steps,
    output,
  })
}

// ---

interface Text {
  readonly flow: string
  readonly prefix: string
  readonly steps: Json[]
  /** Choices of which a field was read: steps of their own. */
  readonly choices: Map<Source, string>
}

/** The flow, or one inside it: what its steps are called, and what it was given. */
interface Scope {
  readonly draft: FlowDraft
  readonly prefix: string
  readonly given: { readonly value: unknown; readonly scope: Scope } | undefined
  readonly inside: Map<StepDraft, Scope>
}

function addSteps(text: Text, scope: Scope): void {
  for (const step of scope.draft.block.steps) {
    const { work } = step
    const id = scope.prefix + step.id
    if (work.kind === 'call') text.steps.push(callStep(step, step, id, step.input, scope, text))
    else if (work.kind === 'each') text.steps.push(eachStep(step, id, scope, text))
    else {
      const draft = work.draft
      if (!draft) throw cannot(text, step, 'a step function has no YAML form; make it a component')
      if (hasOptions(step))
        throw cannot(text, step, 'options of a flow inside cannot be written; give them to its steps')
      const inner: Scope = { draft, prefix: `${id}_`, given: { value: step.input, scope }, inside: new Map() }
      scope.inside.set(step, inner)
      addSteps(text, inner)
    }
  }
}

/** `of` says what is called and how it is tried, `step` when and after what. */
function callStep(
  of: StepDraft,
  step: StepDraft,
  id: string,
  input: unknown,
  scope: Scope,
  text: Text,
): Record<string, Json> {
  const { work, retry, timeoutMs } = of
  const { when, needs, rule, onError } = step
  const path = work.kind === 'call' ? (work.component ? `${text.prefix}/${work.name}` : work.path) : ''
  return {
    id,
    component: path,
    ...(input === null ? {} : { input: exprOf(input, scope, text) }),
    ...(when === undefined ? {} : { when: exprOf(when, scope, text) }),
    ...(needs.length === 0 ? {} : { needs: needs.map((need) => nameOf(need, scope)) }),
    ...(rule === 'all_success' ? {} : { trigger_rule: rule }),
    ...(onError === undefined || onError === 'fail' ? {} : { on_error: errorOf(onError, scope, text) }),
    ...(retry ? { retry: retryOf(retry) } : {}),
    ...(timeoutMs === undefined ? {} : { timeout: duration(timeoutMs) }),
  }
}

function eachStep(step: StepDraft, id: string, scope: Scope, text: Text): Json {
  const { work } = step
  if (work.kind !== 'each') throw cannot(text, step, 'it is no forEach')
  const [only, ...others] = work.block.steps
  const returned = nodeOf(work.block.output)
  const source = returned?.source as Source | undefined
  const isPlain = source?.kind === 'step' && source.step === only && returned?.path.length === 0
  if (!only || others.length > 0 || !isPlain || only.work.kind !== 'call') {
    throw cannot(text, step, 'in YAML a forEach has one step, whose output it gives; put the others into a component')
  }
  if (only.needs.length > 0 || only.rule !== 'all_success' || only.onError !== undefined) {
    throw cannot(text, step, `give "needs", "triggerRule" and "onError" to the forEach, not to "${only.id}" in it`)
  }
  if (only.when !== undefined && step.when !== undefined) {
    throw cannot(text, step, 'in YAML it has one "when": its own, or that of the step in it')
  }
  const when = only.when ?? step.when
  const {
    id: _,
    component,
    ...rest
  } = callStep(only, when === undefined ? step : { ...step, when }, id, only.input, scope, text)
  const items = exprOf(step.input, scope, text)
  const { maxConcurrent, onItemError } = work
  const hasMore = maxConcurrent !== undefined || onItemError !== undefined
  const forEach: Json = hasMore
    ? {
        items,
        ...(maxConcurrent === undefined ? {} : { max_concurrent: maxConcurrent }),
        ...(onItemError === undefined ? {} : { on_item_error: onItemError }),
      }
    : items
  return { id, component: component as Json, for_each: forEach, ...rest }
}

// --- expressions

function exprOf(value: unknown, scope: Scope, text: Text): Json {
  return exprAt(value, [], scope, text)
}

/** What `path` leads to in a value that may be, or hold, references. */
function exprAt(value: unknown, path: readonly string[], scope: Scope, text: Text): Json {
  const node = nodeOf(value)
  if (node) return refOf(node.source as Source, [...node.path, ...path], scope, text) // made by our builder
  if (typeof value !== 'object' || value === null) return path.length > 0 ? null : ((value ?? null) as Json) // checked when noted
  const [key, ...rest] = path
  if (key !== undefined) return exprAt(Object.hasOwn(value, key) ? (value as never)[key] : null, rest, scope, text)
  if (Array.isArray(value)) return value.map((one) => exprOf(one, scope, text))
  const object: Record<string, Json> = {}
  for (const [name, one] of Object.entries(value)) if (one !== undefined) setOwn(object, name, exprOf(one, scope, text))
  // What looks like an expression and is none.
  return Object.keys(object).some((name) => name.startsWith('$')) ? { $literal: object } : object
}

function refOf(source: Source, path: readonly string[], scope: Scope, text: Text): Json {
  const at = path.length === 0 ? {} : { path: pathText(path) }
  switch (source.kind) {
    case 'input':
      if (scope.given) return exprAt(scope.given.value, path, scope.given.scope, text)
      return { $input: pathText(path) || '$' }
    case 'item':
      return { $item: pathText(path) || '$' }
    case 'index':
      return { $index: true }
    case 'step': {
      const inner = scope.inside.get(source.step)
      if (inner) return exprAt(inner.draft.block.output, path, inner, text)
      return { $step: scope.prefix + source.step.id, ...at }
    }
    case 'cond':
    case 'coalesce':
      if (path.length === 0) return choiceOf(source, scope, text)
      return { $step: choiceStep(source, scope, text), ...at }
  }
}

function choiceOf(source: Extract<Source, { kind: 'cond' | 'coalesce' }>, scope: Scope, text: Text): Json {
  const of = source.of.map((one) => exprOf(one, scope, text))
  if (source.kind === 'coalesce') return { $coalesce: of }
  return { $if: of[0] as Json, then: of[1] as Json, else: of[2] as Json }
}

function choiceStep(source: Extract<Source, { kind: 'cond' | 'coalesce' }>, scope: Scope, text: Text): string {
  const known = text.choices.get(source)
  if (known) return known
  const id = `${scope.prefix}${source.kind}_${text.choices.size + 1}`
  text.choices.set(source, id)
  text.steps.push({ id, component: '/builtin/noop', input: choiceOf(source, scope, text) })
  return id
}

function nameOf(need: unknown, scope: Scope): string {
  const source = nodeOf(need)?.source as Extract<Source, { kind: 'step' }> // checked when it was noted
  return scope.prefix + source.step.id
}

function errorOf(onError: 'skip' | { readonly default: unknown }, scope: Scope, text: Text): Json {
  if (onError === 'skip') return { action: 'skip' }
  return { action: 'continue', default_output: exprOf(onError.default, scope, text) }
}

function retryOf({ attempts, delayMs, backoff, factor, maxMs, jitter, on }: Retry): Json {
  const delays = { delay: duration(delayMs), backoff, factor, max_delay: duration(maxMs), jitter }
  return { max_attempts: attempts, ...delays, ...(on ? { on } : {}) }
}

function duration(ms: number): string {
  if (ms % 60_000 === 0) return `${ms / 60_000}m`
  return ms % 1_000 === 0 ? `${ms / 1_000}s` : `${ms}ms`
}

function hasOptions({ when, needs, rule, onError, retry, timeoutMs }: StepDraft): boolean {
  const given = [when, onError, retry, timeoutMs].some((option) => option !== undefined)
  return given || needs.length > 0 || rule !== 'all_success'
}

function cannot({ flow }: Text, { id }: StepDraft, why: string) {
  return wrong(`flow "${flow}" cannot be written as YAML because of step "${id}": ${why}`)
}
