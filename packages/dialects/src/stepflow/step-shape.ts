// One step as written, in canonical spelling and with its plain settings read. Expressions stay nodes; they are compiled
// when all steps are known.

import type { Retry, TriggerRule } from '@stepflow/engine'
import { type Field, FieldReader } from '../fields.ts'
import { below, type Findings, lineOf, type Place, type Trail } from '../findings.ts'
import { type KeyTable, keyTable, readKeys } from '../keys.ts'
import { kindOfNode, type MapNode, type Node, textOf } from '../source/node.ts'
import type { Language } from './language.ts'
import {
  type CacheShape,
  type ForEachShape,
  type OnErrorShape,
  readCache,
  readForEach,
  readOnError,
  readRetry,
} from './step-settings.ts'

/** `call`: the step calls a component; `parameter`: it is an input of the file; `pass`: it hands on a value. */
export interface Tool {
  readonly kind: 'call' | 'parameter' | 'pass'
  /** Keys that it does not know were reported where it was read; some that its component does not read mean something to it. */
  readonly knowsKeys?: boolean
}

export interface StepShape {
  readonly id: string
  /** Of the step's `id`. */
  readonly place: Place
  readonly trail: Trail
  readonly component: string
  readonly componentPlace: Place
  readonly input?: Field
  /** Fields of the input by their names, where a language writes them otherwise than as a map. */
  readonly given?: ReadonlyMap<string, Field>
  /** What a step says of its tool, where a language has tools; the rest of it is that language's own. */
  readonly tool?: Tool
  /** What the author calls the component, where that is not its path. */
  readonly calledAs?: string
  readonly needs: readonly { readonly id: string; readonly place: Place; readonly trail: Trail }[]
  readonly when?: Field
  readonly skipIf?: Field
  readonly rule: TriggerRule
  readonly forEach?: ForEachShape
  readonly onError?: OnErrorShape
  readonly retry?: Retry
  readonly timeoutMs?: number
  readonly cache?: CacheShape
  readonly mustExecute: boolean
}

export const STEP_KEYS: KeyTable = keyTable({
  id: [],
  component: [],
  tool: [],
  input: [],
  needs: ['depends_on'],
  when: [],
  skip_if: ['skip'],
  trigger_rule: [],
  for_each: [],
  on_error: [],
  retry: [],
  timeout: [],
  cache: [],
  must_execute: [],
  metadata: [],
  name: [],
  description: [],
  input_schema: [],
  output_schema: [],
})

/** True if no component is called. */
export function isInline({ tool }: StepShape): boolean {
  return tool !== undefined && tool.kind !== 'call'
}

/** What a front end reads of a step by itself. */
export interface StepReading {
  readonly fields: FieldReader
  /** `step "a"` */
  readonly owner: string
  readonly node: Node
  readonly trail: Trail
  readonly findings: Findings
}

export type StepCall = Pick<StepShape, 'component' | 'componentPlace' | 'input' | 'given' | 'tool' | 'calledAs'>

/** Undefined if the step is too broken to be spoken of (no object, no id). */
export function readStep(node: Node, trail: Trail, findings: Findings, language: Language): StepShape | undefined {
  if (node.kind !== 'map') {
    findings.error(
      'INVALID_STEP',
      `a step must be an object with ${language.stepNeeds}, not ${kindOfNode(node)}`,
      node,
      trail,
    )
    return undefined
  }
  const id = readId(node, trail, findings)
  const owner = id === undefined ? 'a step without id' : `step "${id}"`
  const keys = readKeys(node, language.stepKeys, owner, findings, trail, language.spelt)
  const fields = new FieldReader(keys, findings, trail, owner)
  fields.text('name')
  fields.text('description')
  const [when, skipIf] = [fields.field('when'), fields.field('skip_if')]
  if (when && skipIf) {
    findings.error(
      'CONFLICTING_KEYS',
      `${owner} has both "when"${lineOf(when.place)} and "skip_if"${lineOf(skipIf.place)}`,
      skipIf.place,
      skipIf.trail,
      'keep one: "skip_if" is the inverse of "when"',
    )
  }
  const call = language.readCall({ fields, owner, node, trail, findings })
  const onError = readOnError(fields.field('on_error'), owner, findings)
  const retry = readRetry(fields.field('retry'), owner, findings)
  const forEach = readForEach(fields.field('for_each'), owner, findings)
  const cache = readCache(fields.field('cache'), owner, findings)
  const timeoutMs = fields.durationMs('timeout')
  if (onError?.retry && retry) {
    findings.error(
      'CONFLICTING_KEYS',
      `${owner} has both "retry" and on_error action "retry"`,
      node,
      trail,
      'keep "retry"',
    )
  }
  const step: StepShape = {
    id: id ?? '',
    place: keys.get('id') ?? node,
    trail,
    ...call,
    needs: readNeeds(fields.field('needs'), owner, findings),
    ...(when ? { when } : {}),
    ...(skipIf ? { skipIf } : {}),
    rule: fields.choice('trigger_rule', TRIGGER_RULES) ?? 'all_success',
    ...(forEach ? { forEach } : {}),
    ...(onError ? { onError: onError.shape } : {}),
    ...(retry || onError?.retry ? { retry: retry ?? (onError?.retry as Retry) } : {}),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(cache ? { cache } : {}),
    mustExecute: fields.boolean('must_execute') ?? false,
  }
  return id === undefined ? undefined : step
}

/** A flow's step: a component and its input. */
export function readComponentCall({ fields, owner, node, trail, findings }: StepReading): StepCall {
  const component = readComponent(fields, owner, node, trail, findings)
  const input = fields.field('input')
  return {
    component: component ?? '',
    componentPlace: fields.field('component')?.node ?? node,
    ...(input ? { input } : {}),
  }
}

/** `/builtins/x` and `builtin://x` are `/builtin/x`. */
export function canonicalComponent(path: string): string {
  const name = /^(?:\/builtins\/|builtin:\/\/)(.*)$/s.exec(path)?.[1]
  return name === undefined ? path : `/builtin/${name}`
}

// ---

const TRIGGER_RULES: Readonly<Record<TriggerRule, TriggerRule>> = {
  all_success: 'all_success',
  none_failed_min_one_success: 'none_failed_min_one_success',
  one_success: 'one_success',
  one_failed: 'one_failed',
  all_done: 'all_done',
  none_failed: 'none_failed',
}

function readId(node: MapNode, trail: Trail, findings: Findings): string | undefined {
  const entry = node.entries.find((e) => e.key === 'id')
  if (!entry) {
    findings.error('MISSING_STEP_ID', 'a step has no "id"', node, trail, 'give it a unique id')
    return undefined
  }
  const at = below(trail, 'id')
  const id = textOf(entry.value)
  if (id === undefined && entry.value.kind === 'scalar' && entry.value.value === null) {
    findings.add('fatal', 'EMPTY_STEP_ID', 'a step has an empty "id"', entry.value, at)
    return undefined
  }
  if (id === undefined) {
    findings.error('INVALID_STEP_ID', `a step's "id" must be text, not ${kindOfNode(entry.value)}`, entry.value, at)
    return undefined
  }
  if (id.trim() === '') {
    findings.add('fatal', 'EMPTY_STEP_ID', 'a step has an empty "id"', entry.value, at)
    return undefined
  }
  if (!/^[A-Za-z_][A-Za-z0-9_-]*$/.test(id)) {
    findings.error(
      'INVALID_STEP_ID',
      `step id ${JSON.stringify(id)} must begin with a letter or "_" and continue with letters, digits, "_" and "-"`,
      entry.value,
      at,
    )
  }
  return id
}

function readComponent(fields: FieldReader, owner: string, node: Node, trail: Trail, findings: Findings) {
  const field = fields.field('component')
  if (!field) {
    findings.error('MISSING_COMPONENT', `${owner} has no "component"`, node, trail, 'name one, such as /builtin/http')
    return undefined
  }
  const path = fields.text('component')
  if (path === undefined || path.trim() === '') {
    findings.error('EMPTY_COMPONENT_NAME', `${owner} has an empty "component"`, field.node, field.trail)
    return undefined
  }
  const component = canonicalComponent(path.trim())
  if (!component.startsWith('/')) {
    findings.error(
      'INVALID_COMPONENT',
      `component "${path}" of ${owner} must begin with "/"`,
      field.node,
      field.trail,
      `write "/${path
        .trim()
        .replace(/^(builtin)s?(?=:)/, '$1')
        .replace(/^([\w-]+):\/*/, '$1/')}"`,
    )
  }
  return component
}

function readNeeds(field: Field | undefined, owner: string, findings: Findings): StepShape['needs'] {
  if (!field || (field.node.kind === 'scalar' && field.node.value === null)) return []
  const nodes = field.node.kind === 'list' ? field.node.items : [field.node]
  const needs: { id: string; place: Place; trail: Trail }[] = []
  nodes.forEach((node, i) => {
    const trail = field.node.kind === 'list' ? below(field.trail, i) : field.trail
    const id = textOf(node)
    if (id === undefined) {
      findings.error(
        'INVALID_VALUE',
        `"needs" of ${owner} must be a list of step ids, not ${kindOfNode(node)}`,
        node,
        trail,
      )
    } else if (!needs.some((need) => need.id === id)) needs.push({ id, place: node, trail })
  })
  return needs
}
