// What a flow's function is given: each call notes down a step and gives a reference. Checks what types cannot, or what
// JavaScript does not.

import { isRecord, type TriggerRule, triggerRules } from '@stepflow/engine'
import { checkKeys, readCount, readDuration, readName, readRetry, shown, wrong } from '../compile/options.ts'
import { type AnyFn, brandOf } from './component.ts'
import {
  type Block,
  blockOf,
  draftOf,
  type OnItemError,
  type Source,
  type StepDraft,
  type WorkDraft,
} from './flow-draft.ts'
import { readOnError } from './on-error.ts'
import { isRunnable, PROGRAM } from './program.ts'
import { makeRef, nodeOf } from './ref.ts'
import { choicesIn } from './shared-choices.ts'

/** What the author's function gets; its types are in flow.ts. */
export interface Notebook {
  readonly input: unknown
  step(id: string, work: unknown, input?: unknown, options?: object): unknown
  forEach(list: unknown, each: (item: unknown, index: unknown) => unknown, options?: object): unknown
  cond(condition: unknown, then: unknown, otherwise: unknown): unknown
  coalesce(...of: unknown[]): unknown
}

/** Fills `root` with what `build` notes down. */
export function buildBlock(flow: string, root: Block, build: (notebook: Notebook) => unknown): void {
  const ids = new Set<string>()
  /** Where steps are added; undefined once the flow is put together. */
  let at: Block | undefined

  const here = (what: string): Block => {
    if (at) return at
    throw wrong(`${what} was added to flow "${flow}" after it was put together: all steps are added by its function`)
  }
  const fill = (block: Block, work: () => unknown): void => {
    const before = at
    at = block
    try {
      const output = work()
      if (output instanceof Promise) {
        output.catch(() => {})
        throw wrong(
          `flow "${flow}" is put together by an async function: leave out await, since it is the steps that wait`,
        )
      }
      block.output = checkRefs(output, block, `what flow "${flow}" returns`)
    } finally {
      at = before
    }
  }
  const add = (id: string, work: WorkDraft, input: unknown, options: StepOptions, known: readonly string[]) => {
    const what = `step "${id}"`
    if (ids.has(id)) throw wrong(`flow "${flow}" has two steps "${id}"; ids are unique`)
    ids.add(id)
    const block = here(what)
    checkKeys(options, known, what)
    const retries = options.onError === undefined ? undefined : readOnError(options.onError, what).retries
    if (retries !== undefined && !known.includes('retry')) {
      throw wrong(`"onError" of ${what} cannot retry: a forEach is not tried again; give "retry" to the step in it`)
    }
    const step: StepDraft = {
      id,
      block,
      work,
      input: checkRefs(input, block, `the input of ${what}`),
      ...readOptions(options, block, what),
    }
    block.steps.push(step)
    return refTo({ kind: 'step', step })
  }

  const notebook: Notebook = {
    input: refTo({ kind: 'input', block: root }),
    step: (id, work, input = null, options = {}) => {
      const name = readId(id)
      return add(name, readWork(work, flow, name), input, options as StepOptions, STEP_OPTIONS)
    },
    forEach: (list, each, options = {}) => {
      const around = here('a forEach')
      const block: Block = { around, steps: [], output: undefined }
      if (typeof each !== 'function' || nodeOf(each)) {
        throw wrong(`a forEach needs a function of its items, not ${nodeOf(each) ? 'a reference' : shown(each)}`)
      }
      fill(block, () => each(refTo({ kind: 'item', block }), refTo({ kind: 'index', block })))
      const { id, maxConcurrent, onItemError } = options as {
        id?: string
        maxConcurrent?: number
        onItemError?: OnItemError
      }
      const only = block.steps.length === 1 ? block.steps[0]?.id : undefined
      const name = id ?? (only === undefined ? `each_${ids.size + 1}` : `each_${only}`)
      const count = readCount(maxConcurrent, `"maxConcurrent" of step "${name}"`)
      if (onItemError !== undefined && !['fail', 'skip', 'continue'].includes(onItemError)) {
        throw wrong(`"onItemError" of step "${name}" must be fail, skip or continue, not ${shown(onItemError)}`)
      }
      const work: WorkDraft = {
        kind: 'each',
        block,
        ...(count === undefined ? {} : { maxConcurrent: count }),
        ...(onItemError === undefined ? {} : { onItemError }),
      }
      return add(readId(name), work, list, options as StepOptions, EACH_OPTIONS)
    },
    cond: (condition, then, otherwise) => {
      const block = here('a cond')
      const of = [condition, then, otherwise].map((one) => checkRefs(one, block, 'a cond'))
      return refTo({ kind: 'cond', block, of: of as [unknown, unknown, unknown], depth: depthOf(of, 'a cond') })
    },
    coalesce: (...of) => {
      const block = here('a coalesce')
      for (const one of of) checkRefs(one, block, 'a coalesce')
      return refTo({ kind: 'coalesce', block, of, depth: depthOf(of, 'a coalesce') })
    },
  }
  fill(root, () => build(notebook))
}

// ---

interface StepOptions {
  readonly retry?: never
  readonly timeout?: never
  readonly when?: unknown
  readonly onError?: unknown
  readonly needs?: unknown
  readonly triggerRule?: TriggerRule
}

const STEP_OPTIONS = ['retry', 'timeout', 'when', 'onError', 'needs', 'triggerRule']
const EACH_OPTIONS = ['id', 'maxConcurrent', 'onItemError', 'when', 'onError', 'needs', 'triggerRule']
/** Deeper than any value that a person writes. */
const DEEPEST = 200

function refTo(source: Source): object {
  return makeRef({ source, path: [] })
}

function depthOf(of: readonly unknown[], what: string): number {
  const depth = choicesIn(of).reduce((most, choice) => Math.max(most, choice.depth + 1), 1)
  if (depth <= DEEPEST) return depth
  throw wrong(`${what} nests more than ${DEEPEST} choices; make some of them in a step`)
}

function readId(id: unknown): string {
  const text = readName(id, 'the id of a step')
  if (/^[A-Za-z_][A-Za-z0-9_-]*$/.test(text)) return text
  throw wrong(`a step cannot be called ${shown(id)}: an id is a letter or "_", then letters, digits, "_" and "-"`)
}

function readWork(work: unknown, flow: string, id: string): WorkDraft {
  if (nodeOf(work)) throw wrong(`step "${id}" runs a reference: what it runs comes first, then what that is given`)
  const brand = brandOf(work)
  if (brand) {
    const path = `/local/${encodeURIComponent(brand.name)}`
    return { kind: 'call', path, name: brand.name, component: { info: { name: path }, call: brand.call }, from: work }
  }
  if (isRunnable(work)) return { kind: 'run', program: work[PROGRAM], draft: draftOf(work) }
  if (typeof work === 'string') {
    if (!work.startsWith('/')) throw wrong(`step "${id}" runs ${shown(work)}: a component's path begins with "/"`)
    return { kind: 'call', path: work, name: work, component: undefined, from: work }
  }
  if (typeof work !== 'function') {
    throw wrong(`step "${id}" needs something to run: a component, a function, a flow or a path, not ${shown(work)}`)
  }
  const path = `/local/${encodeURIComponent(flow)}/${id}`
  return {
    kind: 'call',
    path,
    name: work.name || id,
    component: work as AnyFn,
    from: work,
  }
}

function readOptions(
  options: StepOptions,
  block: Block,
  what: string,
): Omit<StepDraft, 'id' | 'block' | 'work' | 'input'> {
  const { when, onError, needs = [], triggerRule: rule = 'all_success' } = options
  if (!triggerRules.includes(rule))
    throw wrong(`"triggerRule" of ${what} must be one of ${triggerRules.join(', ')}, not ${shown(rule)}`)
  if (when !== undefined && typeof when !== 'boolean' && !nodeOf(when)) {
    throw wrong(`"when" of ${what} must be a reference, or true or false, not ${shown(when)}`)
  }
  if (!Array.isArray(needs) || !needs.every((need) => (nodeOf(need)?.source as Source | undefined)?.kind === 'step')) {
    throw wrong(`"needs" of ${what} must be a list of references to steps`)
  }
  const failure = onError === undefined ? undefined : readOnError(onError, what)
  if (failure?.retries !== undefined && options.retry !== undefined) {
    throw wrong(`${what} has both "retry" and an "onError" that retries; keep "retry"`)
  }
  const given = failure?.retries === undefined ? options.retry : { maxAttempts: failure.retries + 1 }
  const retry = readRetry(given, what)
  const timeoutMs = readDuration(options.timeout, `"timeout" of ${what}`)
  return {
    needs: needs.map((need) => checkRefs(need, block, `"needs" of ${what}`)),
    rule,
    ...(when === undefined ? {} : { when: checkRefs(when, block, `"when" of ${what}`) }),
    ...(failure ? { onError: checkDefault(failure.onError, block, what) } : {}),
    ...(retry ? { retry } : {}),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  }
}

function checkDefault(onError: NonNullable<StepDraft['onError']>, block: Block, what: string) {
  if (typeof onError === 'object') checkRefs(onError.default, block, `"onError" of ${what}`)
  return onError
}

/** Refuses references that lead out of the flow, and values that no flow can carry; says where they are. */
function checkRefs(value: unknown, block: Block, what: string): unknown {
  check(value, '$', 0)
  return value

  function check(at: unknown, path: string, depth: number): void {
    const node = nodeOf(at)
    if (node) {
      const source = blockOf(node.source as Source)
      for (let b: Block | undefined = block; b; b = b.around) if (b === source) return
      throw wrong(`${what} has at ${path} a reference from another flow, or from inside a forEach; give it as an input`)
    }
    if (depth > DEEPEST) throw wrong(`${what} is nested more than ${DEEPEST} levels deep, or contains itself`)
    if (Array.isArray(at)) {
      at.forEach((one, i) => {
        check(one, `${path}[${i}]`, depth + 1)
      })
      return
    }
    const isPlain = isRecord(at) && [Object.prototype, null].includes(Object.getPrototypeOf(at))
    if (isPlain) for (const [key, one] of Object.entries(at)) check(one, `${path}.${key}`, depth + 1)
    else if (isRecord(at))
      throw wrong(`${what} has at ${path} a ${at.constructor?.name}, which a flow cannot carry: create it in a step`)
    else if (['function', 'symbol', 'bigint'].includes(typeof at) || (typeof at === 'number' && !Number.isFinite(at))) {
      const kind = typeof at === 'number' ? String(at) : `a ${typeof at}`
      throw wrong(`${what} has at ${path} ${kind}, which a flow cannot carry: create it in a step`)
    }
  }
}
