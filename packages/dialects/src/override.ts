// Overrides: JSON merge patches on steps, applied to the source's own keys before it is compiled.

import { didYouMean, type Findings, stepsHint } from './findings.ts'
import { type KeyTable, keyTable } from './keys.ts'
import { type Entry, entryOf, fromJson, get, kindOfNode, type MapNode, type Node, textOf } from './source/node.ts'
import { isExpression } from './stepflow/expr-head.ts'
import { CACHE_KEYS, FOR_EACH_KEYS, ON_ERROR_KEYS, RETRY_KEYS } from './stepflow/step-settings.ts'
import { STEP_KEYS } from './stepflow/step-shape.ts'

/** Each of `overrides` is `{STEP_ID: {value: PATCH}}`, or that under `steps`. */
export function applyOverrides(root: Node, overrides: readonly unknown[], findings: Findings): Node {
  let result = root
  for (const override of overrides) {
    const node = fromJson(override)
    if (node) result = applyOne(result, node, findings)
    else findings.error('INVALID_OVERRIDE', 'the overrides are nested too deeply')
  }
  return result
}

// ---

const OVERRIDE_KEYS = keyTable({ value: [], $type: ['type'] })

function applyOne(root: Node, override: Node, findings: Findings): Node {
  if (override.kind === 'scalar' && override.value === null) return root
  if (override.kind !== 'map') {
    findings.error('INVALID_OVERRIDE', `overrides must be {STEP: {value: PATCH}}, not ${kindOfNode(override)}`)
    return root
  }
  const steps = root.kind === 'list' ? root : get(root, 'steps')
  if (steps?.kind !== 'list') return root
  const ids = steps.items.map((step) => textOf(get(step, 'id')))
  const items = [...steps.items]
  for (const { key: id, value } of unwrap(override, ids).entries) {
    const index = ids.indexOf(id)
    if (index < 0) {
      const known = ids.filter((known) => known !== undefined)
      const message = `an override names "${id}", which is not a step${didYouMean(id, known)}`
      findings.error('UNKNOWN_OVERRIDE', message, undefined, undefined, stepsHint(known))
      continue
    }
    const patch = readPatch(id, value, findings)
    if (patch) items[index] = patchStep(items[index] as Node, patch)
  }
  const patched: Node = { ...steps, items }
  if (root.kind !== 'map') return patched
  return { ...root, entries: root.entries.map((e) => (e.key === 'steps' ? { ...e, value: patched } : e)) }
}

/** Takes off `{steps: ...}`, unless `steps` is a step. */
function unwrap(override: MapNode, ids: readonly (string | undefined)[]): MapNode {
  const inner = override.entries.length === 1 ? get(override, 'steps') : undefined
  return inner?.kind === 'map' && !(ids.includes('steps') && entryOf(inner, 'value')) ? inner : override
}

function readPatch(id: string, node: Node, findings: Findings): MapNode | undefined {
  const where = `the override of step "${id}"`
  if (node.kind !== 'map') {
    findings.error('INVALID_OVERRIDE', `${where} must be {value: PATCH}, not ${kindOfNode(node)}`)
    return undefined
  }
  const known = new Set(OVERRIDE_KEYS.values())
  for (const entry of node.entries) {
    if (OVERRIDE_KEYS.has(entry.key)) continue
    const message = `unknown key "${entry.key}" in ${where}${didYouMean(entry.key, known)}`
    findings.error(
      'INVALID_OVERRIDE',
      message,
      undefined,
      undefined,
      `write {"${id}": {"value": {"${entry.key}": ...}}}`,
    )
    return undefined
  }
  const type = textOf(get(node, '$type') ?? get(node, 'type')) ?? 'merge_patch'
  if (type !== 'merge_patch' && type !== 'mergePatch') {
    const message = `${where} is of type "${type}", which is not supported`
    findings.error(
      'UNSUPPORTED_OVERRIDE',
      message,
      undefined,
      undefined,
      'use merge_patch: the parts of the step that change',
    )
    return undefined
  }
  const value = get(node, 'value')
  if (value?.kind !== 'map') {
    findings.error('INVALID_OVERRIDE', `${where} has no "value" with the keys to change`)
    return undefined
  }
  const renamed = textOf(get(value, 'id'))
  if (entryOf(value, 'id') && renamed !== id) {
    findings.error('INVALID_OVERRIDE', `${where} must not change its "id"`)
    return undefined
  }
  return value
}

const INNER_KEYS: Readonly<Record<string, KeyTable>> = {
  on_error: ON_ERROR_KEYS,
  retry: RETRY_KEYS,
  for_each: FOR_EACH_KEYS,
  cache: CACHE_KEYS,
}

/** Keys meet in canonical spelling, so that a patch in one spelling reaches a step in the other. */
function patchStep(step: Node, patch: MapNode): Node {
  if (step.kind !== 'map') return step
  const [base, changes] = [canonical(step, STEP_KEYS), canonical(patch, STEP_KEYS)]
  return entryOf(step, 'tool') ? mergePatch(withNames(base), withNames(changes)) : mergePatch(base, changes)
}

function canonical(node: MapNode, table: KeyTable): MapNode {
  const entries = node.entries.map((entry): Entry => {
    const key = table.get(entry.key) ?? entry.key
    const inner = INNER_KEYS[key]
    const value =
      inner && table === STEP_KEYS && entry.value.kind === 'map' ? canonical(entry.value, inner) : entry.value
    return { ...entry, key, value }
  })
  return { ...node, entries }
}

/** A manifest's step with its lists of {name, value} as the maps that they stand for. */
function withNames(step: MapNode): MapNode {
  const entries = step.entries.map((entry) =>
    entry.key === 'input' || entry.key === 'config' ? { ...entry, value: named(entry.value) } : entry,
  )
  return { ...step, entries }
}

/** A list with a name twice stays what it is: that is an error, and told as one. */
function named(value: Node): Node {
  if (value.kind !== 'list') return value
  const entries: Entry[] = []
  for (const item of value.items) {
    const [name, inner] = [textOf(get(item, 'name')), get(item, 'value')]
    if (name === undefined || !inner || entries.some((entry) => entry.key === name)) return value
    entries.push({ key: name, value: inner, line: item.line, column: item.column })
  }
  return { kind: 'map', entries, line: value.line, column: value.column }
}

/** RFC 7396, but an expression is one value: it replaces and is replaced, never mixed with another. */
function mergePatch(target: Node, patch: Node): Node {
  if (patch.kind !== 'map' || isExpression(patch)) return at(patch, target)
  const base = target.kind === 'map' && !isExpression(target) ? target.entries : []
  const entries = new Map(base.map((entry) => [entry.key, entry]))
  for (const entry of patch.entries) {
    if (entry.value.kind === 'scalar' && entry.value.value === null) entries.delete(entry.key)
    else {
      const before = entries.get(entry.key)
      const value = mergePatch(before?.value ?? { ...EMPTY, line: target.line, column: target.column }, entry.value)
      entries.set(entry.key, {
        key: entry.key,
        value,
        line: (before ?? target).line,
        column: (before ?? target).column,
      })
    }
  }
  return { kind: 'map', entries: [...entries.values()], line: target.line, column: target.column }
}

const EMPTY: MapNode = { kind: 'map', entries: [], line: 0, column: 0 }

/** A finding in patched text points at what was patched. */
function at(node: Node, place: Node): Node {
  return { ...node, line: place.line, column: place.column }
}
