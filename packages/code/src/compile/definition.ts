// A step function as its author put it together: steps by name, where each leads. Data and its checks; runs nothing.

import { isRecord, type Retry } from '@stepflow/engine'
import {
  checkKeys,
  type Duration,
  type RetryOptions,
  readCount,
  readDuration,
  readName,
  readRetry,
  readSwitch,
  shown,
  wrong,
} from './options.ts'

/** Under this symbol a step function carries its definition, whichever copy of this package made it. */
export const DEFINITION: unique symbol = Symbol.for('stepflow.stepFunction') as never // a unique symbol needs a declared type

/** What an author writes: `input` is the result of the step before. */
// biome-ignore lint/suspicious/noExplicitAny: the author says what the step before gives
export type StepFn<Context = any> = (input: any, context: Context) => unknown

export interface Definition {
  readonly name: string
  readonly steps: ReadonlyMap<string, StepDefinition>
  readonly start: string | undefined
  readonly maxVisits: number | undefined
  /** Who observes it; whoever runs it knows how. */
  readonly hooks?: unknown
  /** Counts its changes. */
  readonly revision: number
  /** The step functions inside its steps. */
  readonly inside: readonly SubStepFunction[]
}

/** Something that can be a step of a step function: another one. */
export interface SubStepFunction {
  readonly [DEFINITION]: Definition
}

/** What a step does. */
export type StepWork =
  | { readonly kind: 'function'; readonly fn: StepFn }
  | { readonly kind: 'parallel'; readonly tasks: ReadonlyMap<string, StepTask>; readonly onFailure: 'stop' | 'keep' }
  | { readonly kind: 'sub'; readonly of: SubStepFunction }
/** Of a parallel step: what one of its tasks does. */
export type StepTask = Extract<StepWork, { kind: 'function' | 'sub' }>

/** A step as it was added. */
export interface StepDefinition {
  readonly name: string
  readonly work: StepWork
  readonly next?: string
  readonly branch?: Branch
  readonly onFailure?: string
  readonly retry?: Retry
  readonly timeoutMs?: number
  readonly maxVisits?: number
}

/** Where a step leads, by its result. */
export type Branch =
  | { readonly kind: 'record'; readonly targets: ReadonlyMap<string, string>; readonly default: string | undefined }
  | { readonly kind: 'function'; readonly choose: (result: never) => unknown }

/** How a step is tried, and where it leads. */
export interface StepSettings {
  /** The next step's name; none: the end. */
  readonly nextStep?: string
  /** The step to run when this one fails; its input is the error. */
  readonly onFailure?: string
  readonly retry?: RetryOptions
  /** Of an attempt. */
  readonly timeout?: Duration
  /** How often one execution may come here; else what the step function says. */
  readonly maxVisits?: number
}

/** What a step does, and where it leads. */
export interface StepOptions<Context = unknown> extends StepSettings {
  /** The work; with `parallel`, a record of functions or step functions that get the same input at the same time. */
  readonly func: StepFn<Context> | Readonly<Record<string, StepFn<Context> | SubStepFunction>>
  readonly parallel?: boolean
  /** Parallel only: the first failure stops the others and fails the step. Else failures stand in the record as errors. */
  readonly stopOnFailure?: boolean
  /**
   * Where to go by the result: a record from result (text, number, boolean) to step name, with a `default` if wanted, or a
   * function of the result that gives a step's name, or nothing for the end.
   */
  // biome-ignore lint/suspicious/noExplicitAny: the result is what `func` gives
  readonly branch?: Readonly<Record<string, string>> | ((result: any) => string | null | undefined)
}

const SETTINGS = ['nextStep', 'onFailure', 'retry', 'timeout', 'maxVisits']
const OPTIONS = ['func', 'parallel', 'stopOnFailure', 'branch', ...SETTINGS]

export function defineStep(name: string, options: StepOptions<never>): StepDefinition {
  const what = `step "${checkName(name)}"`
  if (!isRecord(options)) throw wrong(`${what} needs its options as an object, such as { func }, not ${shown(options)}`)
  checkKeys(options, OPTIONS, what)
  const { func, branch, nextStep } = options
  const isParallel = readSwitch(options.parallel, `"parallel" of ${what}`) ?? false
  const isStopping = readSwitch(options.stopOnFailure, `"stopOnFailure" of ${what}`)
  if (branch !== undefined && nextStep !== undefined) {
    throw wrong(`${what} has both "branch" and "nextStep"; a branch says where to go, and its "default" where else`)
  }
  if (isStopping !== undefined && !isParallel) {
    throw wrong(`${what} has "stopOnFailure" but is not parallel; add "parallel: true", or use "onFailure"`)
  }
  return Object.freeze({
    name,
    work: isParallel ? parallelWork(func, isStopping === true, what) : functionWork(func, what),
    ...(branch === undefined ? {} : { branch: readBranch(branch, what) }),
    ...readSettings(options, what),
  })
}

export function defineSubStep(name: string, of: SubStepFunction, settings: StepSettings = {}): StepDefinition {
  const what = `step "${checkName(name)}"`
  checkKeys(settings, SETTINGS, what)
  if (!isStepFunction(of)) throw wrong(`${what} needs a StepFunction to run, not ${shown(of)}`)
  const work: StepWork = { kind: 'sub', of }
  return Object.freeze({ name, work, ...readSettings(settings, what) })
}

/** The step functions inside a step. */
export function insideOf({ work }: StepDefinition): SubStepFunction[] {
  if (work.kind === 'function') return []
  if (work.kind === 'sub') return [work.of]
  return [...work.tasks.values()].flatMap((task) => (task.kind === 'sub' ? [task.of] : []))
}

/** Differs after every change, of those inside too. */
export function revisionOf(of: Definition): number {
  // Asked before each execution; nearly all have nothing inside.
  if (of.inside.length === 0) return of.revision
  // Revisions only grow, and so does what is inside: their sum differs after every change.
  const seen = [of]
  for (const { inside } of seen) {
    for (const { [DEFINITION]: one } of inside) if (!seen.some((other) => isSame(one, other))) seen.push(one)
  }
  return seen.reduce((sum, { revision }) => sum + revision, 0)
}

/** Definitions are views: of one step function if they show the same steps. */
export function isSame(a: Definition, b: Definition): boolean {
  return a.steps === b.steps
}

export function isStepFunction(value: unknown): value is SubStepFunction {
  return typeof value === 'object' && value !== null && DEFINITION in value
}

// ---

/** "#" and "$" mark what the compiler adds. */
function checkName(name: unknown): string {
  const text = readName(name, 'the name of a step')
  if (text.includes('#') || text.startsWith('$')) {
    throw wrong(
      `a step cannot be called ${shown(text)}: "#", and "$" at the start, are kept for the engine's own steps`,
    )
  }
  return text
}

function functionWork(func: unknown, what: string): StepWork {
  if (typeof func === 'function') return { kind: 'function', fn: func as StepFn }
  if (isStepFunction(func)) throw wrong(`"func" of ${what} is a StepFunction: add it with addSubStepFunction`)
  if (isRecord(func)) throw wrong(`"func" of ${what} is a record of functions: add "parallel: true" to run them`)
  throw wrong(`"func" of ${what} must be a function, not ${shown(func)}`)
}

function parallelWork(func: unknown, isStopping: boolean, what: string): StepWork {
  if (!isRecord(func) || isStepFunction(func)) {
    throw wrong(`"func" of ${what} must be a record of functions, since the step is parallel; it is ${shown(func)}`)
  }
  const tasks = new Map<string, StepTask>()
  for (const [name, task] of Object.entries(func)) {
    checkName(name)
    if (isStepFunction(task)) tasks.set(name, { kind: 'sub', of: task })
    else if (typeof task === 'function') tasks.set(name, { kind: 'function', fn: task as StepFn })
    else throw wrong(`task "${name}" of ${what} must be a function or a StepFunction, not ${shown(task)}`)
  }
  return { kind: 'parallel', tasks, onFailure: isStopping ? 'stop' : 'keep' }
}

function readBranch(branch: unknown, what: string): Branch {
  if (typeof branch === 'function') return { kind: 'function', choose: branch as (result: never) => unknown }
  if (!isRecord(branch)) throw wrong(`"branch" of ${what} must be a record or a function, not ${shown(branch)}`)
  const targets = new Map<string, string>()
  for (const [key, target] of Object.entries(branch)) {
    targets.set(key, readName(target, `where "${key}" of the branch of ${what} leads`))
  }
  // Also what a Map looks like from here.
  if (targets.size === 0) throw wrong(`"branch" of ${what} is empty; give it a result as a key, or a "default"`)
  const fallback = targets.get('default')
  targets.delete('default')
  return { kind: 'record', targets, default: fallback }
}

function readSettings(settings: StepSettings, what: string): Omit<StepDefinition, 'name' | 'work' | 'branch'> {
  const { nextStep, onFailure } = settings
  const retry = readRetry(settings.retry, what)
  const timeoutMs = readDuration(settings.timeout, `"timeout" of ${what}`)
  const maxVisits = readCount(settings.maxVisits, `"maxVisits" of ${what}`)
  return {
    ...(nextStep === undefined ? {} : { next: readName(nextStep, `"nextStep" of ${what}`) }),
    ...(onFailure === undefined ? {} : { onFailure: readName(onFailure, `"onFailure" of ${what}`) }),
    ...(retry ? { retry } : {}),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(maxVisits === undefined ? {} : { maxVisits }),
  }
}
