// A flow's notes as a YAML file: steps with their expressions, components under a prefix. Flows inside are written out as
// steps of their own. What the file could not say is refused, with what to do instead.

import { type Json, type Retry, setOwn } from '@stepflow/engine'
import { shown, wrong } from '../compile/options.ts'
import type { Choice, FlowDraft, Source, StepDraft, WorkDraft } from './flow-draft.ts'
import { nodeOf, pathText } from './ref.ts'
import { isUnchecked, jsonSchemaOf, type SchemaLike } from './schema-like.ts'
import { sharedChoices } from './shared-choices.ts'
import { yamlText } from './yaml-text.ts'

/** `prefix`: where the file's reader finds the components, `/local`. */
export function writeFlow(draft: FlowDraft, prefix: string): string {
  if (typeof prefix !== 'string' || !prefix.startsWith('/')) {
    throw wrong(`the prefix of components must be a path like /local, not ${shown(prefix)}`)
  }
  const schema = jsonSchemaOf(draft.input)
  if (!isWritten(draft.input)) {
    throw wrong(
      `flow "${draft.name}" cannot be written as YAML because of its input's schema: it makes another value of the input, or its library does not give JSON Schema; give it a JSON Schema, or check in a step`,
    )
  }
  const text: Text = {
    flow: draft.name,
    prefix: prefix.replace(/\/+$/, ''),
    steps: [],
    ids: new Set(),
    works: new Map(),
  }
  const scope = scopeOf(draft, '', undefined)
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
  readonly ids: Set<string>
  /** By their path: what the file's reader must find there. */
  readonly works: Map<string, unknown>
}

/** The flow, or one inside it: what its steps are called, and what it was given. */
interface Scope {
  readonly draft: FlowDraft
  readonly prefix: string
  readonly given: { readonly value: unknown; readonly scope: Scope } | undefined
  readonly inside: Map<StepDraft, Scope>
  /** Choices of which a field was read, or that choices share: steps of their own. */
  readonly choices: Map<Source, string>
  readonly shared: ReadonlySet<Source>
}

function scopeOf(draft: FlowDraft, prefix: string, given: Scope['given']): Scope {
  return { draft, prefix, given, inside: new Map(), choices: new Map(), shared: sharedChoices(draft.block) }
}

function addSteps(text: Text, scope: Scope): void {
  const { steps } = scope.draft.block
  for (const step of steps) {
    const id = scope.prefix + step.id
    if (text.ids.has(id)) throw cannot(text, step, `there would be two steps "${id}"; give it another id`)
    text.ids.add(id)
  }
  for (const step of steps) {
    const { work } = step
    const id = scope.prefix + step.id
    if (work.kind === 'call') text.steps.push(callStep(step, step, id, step.input, scope, text))
    else if (work.kind === 'each') text.steps.push(eachStep(step, id, scope, text))
    else {
      const draft = work.draft
      if (!draft) throw cannot(text, step, 'a step function has no YAML form; make it a component')
      if (hasOptions(step))
        throw cannot(text, step, 'options of a flow inside cannot be written; give them to its steps')
      if (
        draft.timeoutMs !== undefined ||
        draft.maxConcurrent !== undefined ||
        draft.onFailure !== scope.draft.onFailure
      )
        throw cannot(text, step, 'a flow inside has no timeout, maxConcurrent and onFailure of its own in a file')
      if (!isUnchecked(draft.input))
        throw cannot(
          text,
          step,
          "a flow inside cannot check its input in a file; check it in a step, or with the steps' schemas",
        )
      const given = { value: step.input, scope }
      const inner = scopeOf(draft, `${id}_`, given)
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
  const path = work.kind === 'call' ? pathOf(work, of, text) : ''
  return {
    id,
    component: path,
    ...(input === null ? {} : { input: exprOf(input, scope, text) }),
    ...(when === undefined ? {} : { when: exprOf(when, scope, text) }),
    ...(needs.length === 0 ? {} : { needs: needs.map((need) => nameOf(need, step, scope, text)) }),
    ...(rule === 'all_success' ? {} : { trigger_rule: rule }),
    ...(onError === undefined || onError === 'fail' ? {} : { on_error: errorOf(onError, scope, text) }),
    ...(retry ? { retry: retryOf(retry) } : {}),
    ...(timeoutMs === undefined ? {} : { timeout: duration(timeoutMs) }),
  }
}

function eachStep(step: StepDraft, id: string, scope: Scope, text: Text): Json {
  const { work } = step
  if (work.kind !== 'each') throw cannot(text, step, 'it is not a forEach')
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
  if (only.when !== undefined && !readsItem(only.when)) {
    throw cannot(text, step, `give the "when" of "${only.id}" to the forEach, for it is the same for all items`)
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
      if (path.length === 0 && !(scope.shared.has(source) && source.block === scope.draft.block)) {
        return choiceOf(source, scope, text)
      }
      return { $step: choiceStep(source, scope, text), ...at }
  }
}

function choiceOf(source: Choice, scope: Scope, text: Text): Json {
  const of = source.of.map((one) => exprOf(one, scope, text))
  if (source.kind === 'coalesce') return { $coalesce: of }
  return { $if: of[0] as Json, then: of[1] as Json, else: of[2] as Json }
}

function choiceStep(source: Choice, scope: Scope, text: Text): string {
  const known = scope.choices.get(source)
  if (known) return known
  if (source.block !== scope.draft.block) {
    throw wrong(
      `flow "${text.flow}" cannot be written as YAML: inside a forEach it reads a field of a ${source.kind}; choose among the fields instead`,
    )
  }
  let count = scope.choices.size + 1
  const idOf = () => `${scope.prefix}${source.kind}_${count}`
  while (text.ids.has(idOf())) count++
  const id = idOf()
  text.ids.add(id)
  scope.choices.set(source, id)
  text.steps.push({ id, component: '/builtin/noop', input: choiceOf(source, scope, text) })
  return id
}

function nameOf(need: unknown, step: StepDraft, scope: Scope, text: Text): string {
  const source = nodeOf(need)?.source as Extract<Source, { kind: 'step' }> // checked when it was noted
  if (scope.inside.has(source.step)) {
    throw cannot(
      text,
      step,
      `it needs "${source.step.id}", a flow inside, which is not a step in a file; name a step inside it`,
    )
  }
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

/** True if the file can say all that the schema does: also what becomes of the input. */
function isWritten(schema: SchemaLike | undefined): boolean {
  return isUnchecked(schema) || (jsonSchemaOf(schema) !== undefined && jsonSchemaOf(schema, 'output') !== undefined)
}

/** Where the reader finds the component; two of one name would be the same to it. */
function pathOf(work: Extract<WorkDraft, { kind: 'call' }>, step: StepDraft, text: Text): string {
  if (!work.component) return work.path
  const path = `${text.prefix}/${work.name}`
  if (text.works.has(path) && text.works.get(path) !== work.from) {
    throw cannot(
      text,
      step,
      `another function is called "${work.name}", too; give it another name, or make it a component`,
    )
  }
  text.works.set(path, work.from)
  return path
}

function readsItem(value: unknown): boolean {
  const source = nodeOf(value)?.source as Source | undefined
  if (source === undefined) return typeof value === 'object' && value !== null && Object.values(value).some(readsItem)
  if (source.kind === 'cond' || source.kind === 'coalesce') return source.of.some(readsItem)
  return source.kind === 'item' || source.kind === 'index'
}

function hasOptions({ when, needs, rule, onError, retry, timeoutMs }: StepDraft): boolean {
  const given = [when, onError, retry, timeoutMs].some((option) => option !== undefined)
  return given || needs.length > 0 || rule !== 'all_success'
}

function cannot({ flow }: Text, { id }: StepDraft, why: string) {
  return wrong(`flow "${flow}" cannot be written as YAML because of step "${id}": ${why}`)
}
