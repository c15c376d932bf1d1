// The settings of a step that are objects of their own: for_each, on_error, retry, cache.

import { codes, type Retry } from '@stepflow/engine'
import { type Field, FieldReader } from '../fields.ts'
import { didYouMean, type Findings } from '../findings.ts'
import { type KeyTable, keyTable, readKeys } from '../keys.ts'
import { isNull, type Node, shownNode, textOf } from '../source/node.ts'

export interface ForEachShape {
  readonly items: Field
  readonly maxConcurrent?: number
  readonly onItemError?: 'fail' | 'skip' | 'continue'
}

export interface OnErrorShape {
  readonly action: 'fail' | 'default' | 'skip'
  readonly value?: Field
}

export interface CacheShape {
  readonly ttlMs?: number
  readonly key?: Field
}

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

export function readForEach(field: Field | undefined, owner: string, findings: Findings): ForEachShape | undefined {
  if (!field) return undefined
  const { node } = field
  const hasSettings = node.kind === 'map' && node.entries.some((entry) => FOR_EACH_KEYS.has(entry.key))
  if (!hasSettings) {
    // An object that is no expression is never a list: its keys are misspelt settings.
    const isPlain = node.kind === 'map' && !node.entries.some((entry) => entry.key.startsWith('$'))
    if (isPlain) readKeys(node, FOR_EACH_KEYS, `for_each of ${owner}`, findings, field.trail)
    return { items: field }
  }
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

export function readOnError(field: Field | undefined, owner: string, findings: Findings) {
  if (!field || isNull(field.node)) return undefined
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
  const given = fields.field('action')
  if (!given || isNull(given.node)) {
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

export function readRetry(field: Field | undefined, owner: string, findings: Findings): Retry | undefined {
  if (!field || isNull(field.node)) return undefined
  const name = `retry of ${owner}`
  const fields = settings(field, RETRY_KEYS, name, findings)
  if (!fields) return undefined
  const backoff = fields.choice('backoff', BACKOFF) ?? RETRY.backoff
  const codes = readCodes(fields.field('on'), name, findings)
  const delayMs = fields.durationMs('delay') ?? RETRY.delayMs
  return {
    attempts: fields.number('max_attempts', 1, true) ?? RETRY.attempts,
    delayMs,
    backoff,
    factor: fields.number('factor', 1, false) ?? RETRY.factor,
    // A delay that somebody wrote is not cut by what nobody wrote.
    maxMs: fields.durationMs('max_delay') ?? Math.max(RETRY.maxMs, delayMs),
    jitter: fields.boolean('jitter') ?? backoff === 'exponential',
    ...(codes ? { on: codes } : {}),
  }
}

export function readCache(field: Field | undefined, owner: string, findings: Findings): CacheShape | undefined {
  if (!field || isNull(field.node)) return undefined
  const { node } = field
  if (node.kind === 'scalar' && typeof node.value === 'boolean') return node.value ? {} : undefined
  const fields = settings(field, CACHE_KEYS, `cache of ${owner}`, findings)
  if (!fields) return undefined
  const ttlMs = fields.durationMs('ttl')
  const key = fields.field('key')
  return { ...(ttlMs === undefined ? {} : { ttlMs }), ...(key ? { key } : {}) }
}

// ---

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

/** A setting that is an object, read by its table. */
function settings(field: Field, table: KeyTable, owner: string, findings: Findings): FieldReader | undefined {
  if (field.node.kind !== 'map') {
    findings.error(
      'INVALID_VALUE',
      `${owner} must be an object, not ${shownNode(field.node)}`,
      field.node,
      field.trail,
      `such as {${[...new Set(table.values())].slice(0, 3).join(', ')}}`,
    )
    return undefined
  }
  return new FieldReader(readKeys(field.node, table, owner, findings, field.trail), findings, field.trail, owner)
}

function statusText(node: Node): string | undefined {
  const value = node.kind === 'scalar' ? node.value : undefined
  return typeof value === 'number' && value >= 100 && value <= 599 ? String(value) : undefined
}

function readCodes(field: Field | undefined, owner: string, findings: Findings): readonly string[] | undefined {
  if (!field) return undefined
  const nodes = field.node.kind === 'list' ? field.node.items : [field.node]
  const named = nodes.map((node) => textOf(node) ?? statusText(node))
  if (named.every((code) => code !== undefined)) {
    for (const code of named) {
      // A component may have codes of its own: only what is nearly one of ours is doubtful.
      const near = Object.hasOwn(codes, code) ? '' : didYouMean(code, Object.keys(codes))
      const message = `"${code}" in "on" of ${owner} is no error code of Stepflow${near}`
      if (near) findings.warning('UNKNOWN_CODE', message, field.node, field.trail)
    }
    return named
  }
  findings.error(
    'INVALID_VALUE',
    `"on" of ${owner} must be a list of error codes and HTTP statuses`,
    field.node,
    field.trail,
  )
  return undefined
}
