// A step function as JSON and back: what leads where, with functions by their names. Carries no code.

import { isRecord, kindOf, own, setOwn } from '@stepflow/engine'
import {
  DEFINITION,
  type Definition,
  isStepFunction,
  type StepDefinition,
  type StepFn,
  type StepOptions,
  type StepSettings,
  type Task,
} from './definition.ts'
import { checkKeys, type Duration, wrong } from './options.ts'

/** A step function as JSON; its functions are named. */
export interface StepFunctionSpec {
  readonly name: string
  readonly startStep?: string
  readonly maxVisits?: number
  readonly steps: Readonly<Record<string, StepSpec>>
}

export interface StepSpec extends StepSettings {
  /** A function's name, or with `parallel` a record of names and of step functions. */
  readonly func?: string | Readonly<Record<string, string | StepFunctionSpec>>
  readonly subStepFunction?: StepFunctionSpec
  readonly branch?: Readonly<Record<string, string>> | string
  readonly parallel?: boolean
  readonly stopOnFailure?: boolean
}

/** Functions by the names that a spec uses. */
export type Functions = Readonly<Record<string, (...args: never[]) => unknown>>

export function writeSpec(of: Definition, names = new Map<unknown, string>()): StepFunctionSpec {
  const steps: Record<string, StepSpec> = {}
  for (const step of of.steps.values()) setOwn(steps, step.name, writeStep(step, names))
  return {
    name: of.name,
    ...(of.start === undefined ? {} : { startStep: of.start }),
    ...(of.maxVisits === undefined ? {} : { maxVisits: of.maxVisits }),
    steps,
  }
}

/** What a spec is read into. */
export interface Builder {
  addStep(name: string, options: StepOptions<never>): unknown
  // biome-ignore lint/suspicious/noExplicitAny: whichever class of step function the builder makes
  addSubStepFunction(name: string, of: any, settings?: StepSettings): unknown
  setStartStep(name: string): unknown
}

/** `create` makes an empty step function: this one, and those inside it. */
export function readSpec<T extends Builder>(
  spec: unknown,
  functions: Functions,
  create: (name: string, options: { maxVisits?: number }) => T,
): T {
  checkKeys(spec, ['name', 'startStep', 'maxVisits', 'steps'], 'the specification of a step function')
  const { name, startStep, maxVisits, steps } = spec as StepFunctionSpec
  if (!isRecord(steps)) throw wrong(`"steps" of the step function "${name}" must be an object, not ${kindOf(steps)}`)
  const made = create(name, maxVisits === undefined ? {} : { maxVisits })
  for (const [id, step] of Object.entries(steps)) {
    const what = `step "${id}" of "${name}"`
    checkKeys(step, STEP_KEYS, what)
    const { func, subStepFunction, branch, ...settings } = step as StepSpec
    if (subStepFunction !== undefined) {
      const { parallel, stopOnFailure, ...sub } = settings
      if (func !== undefined || branch !== undefined || parallel || stopOnFailure !== undefined) {
        throw wrong(`${what} has "subStepFunction", which goes with nothing but where it leads and how it is tried`)
      }
      made.addSubStepFunction(id, readSpec(subStepFunction, functions, create), sub)
      continue
    }
    made.addStep(id, {
      ...settings,
      func: readFunc(func, functions, create, what) as StepFn,
      ...(branch === undefined ? {} : { branch: typeof branch === 'string' ? find(branch, functions, what) : branch }),
    } as StepOptions<never>)
  }
  if (startStep !== undefined) made.setStartStep(startStep)
  return made
}

/** The name under which a function is written; set where it was read by another name than its own. */
export const REGISTERED = new WeakMap<object, string>()

// ---

const STEP_KEYS = [
  'func',
  'subStepFunction',
  'branch',
  'parallel',
  'stopOnFailure',
  'nextStep',
  'onFailure',
  'retry',
  'timeout',
  'maxVisits',
]

function writeStep(step: StepDefinition, names: Map<unknown, string>): StepSpec {
  const { work, branch, next, onFailure, retry, timeoutMs, maxVisits } = step
  const what = `step "${step.name}"`
  return {
    ...(work.kind === 'sub' ? { subStepFunction: writeSpec(work.of[DEFINITION], names) } : {}),
    ...(work.kind === 'function' ? { func: nameOf(work.fn, step.name, what, names) } : {}),
    ...(work.kind === 'parallel' ? { func: writeTasks(work.tasks, step.name, names), parallel: true } : {}),
    ...(work.kind === 'parallel' && work.onFailure === 'stop' ? { stopOnFailure: true } : {}),
    ...(next === undefined ? {} : { nextStep: next }),
    ...(branch ? { branch: writeBranch(branch, step.name, names) } : {}),
    ...(onFailure === undefined ? {} : { onFailure }),
    ...(retry ? { retry: writeRetry(retry) } : {}),
    ...(timeoutMs === undefined ? {} : { timeout: duration(timeoutMs) }),
    ...(maxVisits === undefined ? {} : { maxVisits }),
  }
}

function writeTasks(tasks: ReadonlyMap<string, Task>, step: string, names: Map<unknown, string>) {
  const written: Record<string, string | StepFunctionSpec> = {}
  for (const [name, task] of tasks) {
    const text =
      task.kind === 'sub'
        ? writeSpec(task.of[DEFINITION], names)
        : nameOf(task.fn, name, `task "${name}" of step "${step}"`, names)
    setOwn(written, name, text)
  }
  return written
}

function writeBranch(branch: NonNullable<StepDefinition['branch']>, step: string, names: Map<unknown, string>) {
  if (branch.kind === 'function') return nameOf(branch.choose, `${step}.branch`, `the branch of step "${step}"`, names)
  const written: Record<string, string> = {}
  for (const [key, target] of branch.targets) setOwn(written, key, target)
  return branch.default === undefined ? written : { ...written, default: branch.default }
}

function writeRetry(retry: NonNullable<StepDefinition['retry']>): NonNullable<StepSpec['retry']> {
  const { attempts: maxAttempts, delayMs, maxMs, backoff, factor, jitter, on } = retry
  const delays = { delay: duration(delayMs), maxDelay: duration(maxMs) }
  return { maxAttempts, ...delays, backoff, factor, jitter, ...(on ? { on } : {}) }
}

/** Written where it stands, a function is called as its place. Two of one name could not be told apart when read. */
function nameOf(fn: object, place: string, what: string, names: Map<unknown, string>): string {
  const own = (fn as { name?: string }).name ?? ''
  const name = REGISTERED.get(fn) ?? (['', 'func', 'branch'].includes(own) ? place : own)
  const other = [...names].find(([known, taken]) => taken === name && known !== fn)
  if (other)
    throw wrong(`${what} is a function called "${name}", and so is another: JSON names functions, so rename one`)
  names.set(fn, name)
  return name
}

function readFunc<T extends Builder>(
  func: unknown,
  functions: Functions,
  create: (name: string, options: { maxVisits?: number }) => T,
  what: string,
): unknown {
  if (typeof func === 'string') return find(func, functions, what)
  if (!isRecord(func)) throw wrong(`"func" of ${what} must be the name of a function, not ${kindOf(func)}`)
  const tasks: Record<string, unknown> = {}
  for (const [name, task] of Object.entries(func)) {
    const made = typeof task === 'string' ? find(task, functions, what) : readSpec(task, functions, create)
    setOwn(tasks, name, isStepFunction(made) || typeof made === 'function' ? made : undefined)
  }
  return tasks
}

function find(name: string, functions: Functions, what: string): (...args: never[]) => unknown {
  const fn = own(functions, name)
  if (typeof fn !== 'function') {
    const known = Object.keys(functions).join(', ') || 'none'
    throw wrong(`${what} names the function "${name}", which was not given; given: ${known}`)
  }
  REGISTERED.set(fn, name)
  return fn as (...args: never[]) => unknown
}

function duration(ms: number): Duration {
  return `${ms}ms`
}
