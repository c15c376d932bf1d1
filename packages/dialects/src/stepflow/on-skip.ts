// What a reference says should happen when its step is skipped, in all the ways that has been written.

import { below, didYouMean, lineOf, type Trail } from '../findings.ts'
import { type Entry, entryOf, type MapNode, type Node, textOf } from '../source/node.ts'
import type { Scope } from './scope.ts'

export const ON_SKIP_KEYS = ['on_skip', 'onSkip', '$on_skip', '$onSkip']
export const SKIP_VALUE_KEYS = ['$default', 'default_value', 'defaultValue']

/** The value that stands in for a skipped step (absent: null); undefined if the skip goes on. */
export interface SkipDefault {
  readonly value: Node | undefined
  readonly trail: Trail
}

/** `step` is undefined beside references that no skip can reach. */
export function readOnSkip(
  node: MapNode,
  trail: Trail,
  scope: Scope,
  step: string | undefined,
): SkipDefault | undefined {
  const entry = one(node, ON_SKIP_KEYS, scope, trail)
  const beside = one(node, SKIP_VALUE_KEYS, scope, trail)
  const place = entry ?? beside
  if (!place) return undefined
  const here = below(trail, place.key)
  if (step === undefined) tellUnreachable(place, here, scope)
  const found = entry ? readAction(entry, beside, trail, scope) : { value: place.value, trail: here }
  if (found && step !== undefined) scope.names.onSkips.push({ step, owner: scope.owner, place, trail: here })
  return found
}

// ---

function readAction(entry: Entry, beside: Entry | undefined, trail: Trail, scope: Scope): SkipDefault | undefined {
  const { findings } = scope.names
  const here = below(trail, entry.key)
  const settings = entry.value.kind === 'map' ? entry.value : undefined
  if (settings) checkKeys(settings, scope, here)
  const action = textOf(settings ? entryOf(settings, 'action')?.value : entry.value)
  const inner = settings && one(settings, [...SKIP_VALUE_KEYS, 'default'], scope, here)
  if (inner && beside) {
    const names = `"${inner.key}"${lineOf(inner)} and "${beside.key}"${lineOf(beside)}`
    findings.error('CONFLICTING_KEYS', `${names} are two defaults of one reference in ${scope.owner}`, beside, trail)
  }
  const value = inner ?? beside
  if (action === 'use_default' || action === 'useDefault') {
    return { value: value?.value, trail: value ? below(inner ? here : trail, value.key) : here }
  }
  if (action === 'skip' || action === 'skip_step' || action === 'skipStep') {
    const message = `"${value?.key}" is never used: the action is "${action}"`
    if (value) findings.error('CONFLICTING_KEYS', message, value, below(here, value.key))
    return undefined
  }
  const near = action === undefined ? '' : didYouMean(action, ['skip_step', 'skip', 'use_default'])
  const message = `"${entry.key}" of ${scope.owner} must be skip_step or use_default${near}`
  findings.error('INVALID_VALUE', message, entry.value, here)
  return undefined
}

function tellUnreachable(place: Entry, here: Trail, scope: Scope): void {
  const message = `only a step can be skipped: "${place.key}" of ${scope.owner} has no effect`
  scope.names.findings.warning('UNREACHABLE_ON_SKIP', message, place, here)
}

function checkKeys(settings: MapNode, scope: Scope, trail: Trail): void {
  const known = ['action', 'default', ...SKIP_VALUE_KEYS]
  for (const entry of settings.entries) {
    if (!known.includes(entry.key)) {
      scope.names.findings.unknownKey(entry.key, known, `on_skip of ${scope.owner}`, entry, below(trail, entry.key))
    }
  }
}

/** The one of several spellings that is there; two are an error. */
function one(node: MapNode, keys: readonly string[], scope: Scope, trail: Trail): Entry | undefined {
  const [first, second] = node.entries.filter((entry) => keys.includes(entry.key))
  if (first && second) {
    const names = `"${first.key}"${lineOf(first)} and "${second.key}"${lineOf(second)}`
    const message = `${names} are two spellings of one key in ${scope.owner}`
    scope.names.findings.error('CONFLICTING_KEYS', message, second, below(trail, second.key))
  }
  return first
}
