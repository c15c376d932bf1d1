// One step as written, in canonical spelling and with its plain settings read. Expressions stay nodes; they are compiled
// when all steps are known.

import type { Retry, TriggerRule } from '@stepflow/engine'
import { type Field, FieldReader } from '../fields.ts'
import { below, type Findings, lineOf, type Place, type Trail } from '../findings.ts'
import { type KeyTable, keyTable, readKeys } from '../keys.ts'
import { kindOfNode, type MapNode, type Node, textOf } from '../source/node.ts'

export interface StepShape {
  readonly id: string
  /** Of the step's `id`. */
  readonly place: Place
  readonly trail: Trail
  readonly component: string
  readonly componentPlace: Place
  readonly input?: Field
  readonly needs: readonly { readonly id: string; readonly place: Place; readonly trail: Trail }[]
  readonly when?: Field
  readonly skipIf?: Field
  readonly rule: TriggerRule
  readonly forEach?: ForEachShape
  readonly onError?: OnErrorShape
  readonly retry?: Retry
  readonly timeoutMs?: number
  readonly cache?: { readonly ttlMs?: number; readonly key?: Field }
  readonly mustExecute: boolean
}

export interface ForEachShape {
  readonly items: Field
  readonly maxConcurrent?: number
  readonly onItemError?: 'fail' | 'skip' | 'continue'
}

export interface OnErrorShape {
  readonly action: 'fail' | 'default' | 'skip'
  readonly value?: Field
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

export const FOR_EACH_KEYS = keyTable({ items: [], max_concurrent: ['max_concurrency'], on_item_error: [] })
export const ON_ERROR_KEYS = keyTable({
  action: [],
  default_output: ['default_value', 'default'],
  max_retries: [],
})
export const RETRY_KEYS = keyTable({
  max_attempts: ['attempts'],
  delay: [],
  backoff: [],
  factor: [],
  max_delay: [],
  jitter: [],
  on: [],
})
export const CACHE_KEYS = keyTable({ ttl: [], key: [] })

/** Undefined if the step is too broken to be spoken of (no object, no id). */
export function readStep(node: Node, trail: Trail, findings: Findings): StepShape | undefined {
  if (node.kind !== 'map') {
    findings.error(
      'INVALID_STEP',
      `a step must be an object with "id" and "component", not ${kindOfNode(node)}`,
      node,
      trail,
    )
    return undefined
  }
  const id = readId(node, trail, findings)
  const owner = id === undefined ? 'a step without id' : `step "${id}"`
  const keys = readKeys(node, STEP_KEYS, owner, findings, trail)
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
  const component = readComponent(fields, owner, node, trail, findings)
  const onError = readOnError(fields.field('on_error'), owner, findings)
  const retry = readRetry(fields.field('retry'), owner, findings)
  const forEach = readForEach(fields.field('for_each'), owner, findings)
  const cache = readCache(fields.field('cache'), owner, findings)
  const timeoutMs = fields.durationMs('timeout')
  const input = fields.field('input')
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
    component: component ?? '',
    componentPlace: fields.field('component')?.node ?? node,
    ...(input ? { input } : {}),
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

/** `/builtins/x` is `/builtin/x`. */
export function canonicalComponent(path: string): string {
  return path.startsWith('/builtins/') ? `/builtin/${path.slice('/builtins/'.length)}` : path
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

const BACKOFF = { fixed: 'fixed', exponential: 'exponential', fibonacci: 'fibonacci', constant: 'fixed' } as const
const ITEM_ERROR = { fail: 'fail', skip: 'skip', continue: 'continue' } as const
const ACTIONS = {
  fail: 'fail',
  terminate: 'fail',
  continue: 'default',
  use_default: 'default',
  useDefault: 'default',
  skip: 'skip',
  retry: 'retry',
} as const

/** What a retry is if it says nothing else. */
const RETRY: Retry = { attempts: 3, delayMs: 1000, backoff: 'exponential', factor: 2, maxMs: 30_000, jitter: true }

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
      `step id ${JSON.stringify(id)} must begin with a letter or "_" and go on with letters, digits, "_" and "-"`,
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
  if (!path.startsWith('/')) {
    findings.error(
      'INVALID_COMPONENT',
      `component "${path}" of ${owner} must begin with "/"`,
      field.node,
      field.trail,
      `write "/${path}"`,
    )
  }
  return canonicalComponent(path.trim())
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

/** A setting that is an object, read by its table. */
function settings(field: Field, table: KeyTable, owner: string, findings: Findings): FieldReader | undefined {
  if (field.node.kind !== 'map') {
    findings.error(
      'INVALID_VALUE',
      `${owner} must be an object, not ${kindOfNode(field.node)}`,
      field.node,
      field.trail,
    )
    return undefined
  }
  return new FieldReader(readKeys(field.node, table, owner, findings, field.trail), findings, field.trail, owner)
}

function readForEach(field: Field | undefined, owner: string, findings: Findings): ForEachShape | undefined {
  if (!field) return undefined
  const { node } = field
  const hasSettings = node.kind === 'map' && node.entries.some((entry) => FOR_EACH_KEYS.has(entry.key))
  if (!hasSettings) return { items: field }
  const fields = settings(field, FOR_EACH_KEYS, `for_each of ${owner}`, findings)
  const items = fields?.field('items')
  if (!fields || !items) {
    findings.error('MISSING_ITEMS', `for_each of ${owner} has no "items"`, node, field.trail)
    return undefined
  }
  const maxConcurrent = fields.number('max_concurrent', 1, true)
  const onItemError = fields.choice('on_item_error', ITEM_ERROR)
  return {
    items,
    ...(maxConcurrent === undefined ? {} : { maxConcurrent }),
    ...(onItemError === undefined ? {} : { onItemError }),
  }
}

function readOnError(field: Field | undefined, owner: string, findings: Findings) {
  if (!field) return undefined
  const name = `on_error of ${owner}`
  const isBare = field.node.kind === 'scalar'
  const fields = isBare
    ? new FieldReader(
        new Map([['action', { ...field.place, key: 'action', value: field.node }]]),
        findings,
        field.trail,
        name,
      )
    : settings(field, ON_ERROR_KEYS, name, findings)
  if (!fields) return undefined
  if (!fields.field('action')) {
    findings.error(
      'MISSING_ACTION',
      `${name} has no "action"`,
      field.node,
      field.trail,
      'fail, continue, skip or retry',
    )
    return undefined
  }
  const action = fields.choice('action', ACTIONS)
  const value = fields.field('default_output')
  const retries = fields.number('max_retries', 0, true)
  if (value && action !== 'default' && action !== undefined) {
    findings.error(
      'CONFLICTING_KEYS',
      `${name} has a default, but its action is not "continue"`,
      value.place,
      value.trail,
    )
  }
  if (retries !== undefined && action !== 'retry' && action !== undefined) {
    findings.error(
      'CONFLICTING_KEYS',
      `${name} has "max_retries", but its action is not "retry"`,
      field.node,
      field.trail,
      'use "retry" of the step beside it',
    )
  }
  const shape: OnErrorShape =
    action === 'default' ? { action, ...(value ? { value } : {}) } : { action: action === 'skip' ? 'skip' : 'fail' }
  return { shape, retry: action === 'retry' ? { ...RETRY, attempts: (retries ?? 3) + 1 } : undefined }
}

function readRetry(field: Field | undefined, owner: string, findings: Findings): Retry | undefined {
  if (!field) return undefined
  const name = `retry of ${owner}`
  const fields = settings(field, RETRY_KEYS, name, findings)
  if (!fields) return undefined
  const backoff = fields.choice('backoff', BACKOFF) ?? RETRY.backoff
  const codes = readCodes(fields.field('on'), name, findings)
  return {
    attempts: fields.number('max_attempts', 1, true) ?? RETRY.attempts,
    delayMs: fields.durationMs('delay') ?? RETRY.delayMs,
    backoff,
    factor: fields.number('factor', 1, false) ?? RETRY.factor,
    maxMs: fields.durationMs('max_delay') ?? RETRY.maxMs,
    jitter: fields.boolean('jitter') ?? backoff === 'exponential',
    ...(codes ? { on: codes } : {}),
  }
}

function readCodes(field: Field | undefined, owner: string, findings: Findings): readonly string[] | undefined {
  if (!field) return undefined
  const nodes = field.node.kind === 'list' ? field.node.items : [field.node]
  const codes = nodes.map(textOf)
  if (codes.every((code) => code !== undefined)) return codes
  findings.error('INVALID_VALUE', `"on" of ${owner} must be a list of error codes`, field.node, field.trail)
  return undefined
}

function readCache(field: Field | undefined, owner: string, findings: Findings): StepShape['cache'] {
  if (!field) return undefined
  const { node } = field
  if (node.kind === 'scalar' && typeof node.value === 'boolean') return node.value ? {} : undefined
  const fields = settings(field, CACHE_KEYS, `cache of ${owner}`, findings)
  if (!fields) return undefined
  const ttlMs = fields.durationMs('ttl')
  const key = fields.field('key')
  return { ...(ttlMs === undefined ? {} : { ttlMs }), ...(key ? { key } : {}) }
}
