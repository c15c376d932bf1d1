// A step function as JSON and back: which step leads where, with functions by name. Carries no code.

import { isRecord, own, setOwn } from '@stepflow/engine'
import {
  DEFINITION,
  type Definition,
  isSame,
  type StepDefinition,
  type StepFn,
  type StepOptions,
  type StepSettings,
  type StepTask,
} from './definition.ts'
import { checkKeys, type Duration, shown, wrong } from './options.ts'

/** A step function as JSON; its functions are named. */
export interface StepFunctionSpec {
  readonly name: string
  readonly startStep?: string
  readonly maxVisits?: number
  readonly steps: Readonly<Record<string, StepSpec>>
}

/** A step as JSON. */
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

export function writeSpec(of: Definition): StepFunctionSpec {
  return writeDefinition(of, { names: new Map(), around: [] })
}

/** What a spec is read into. */
export interface Builder {
  addStep(name: string, options: StepOptions<never>): unknown
  // biome-ignore lint/suspicious/noExplicitAny: whichever class of step function the builder makes
  addSubStepFunction(name: string, of: any, settings?: StepSettings): unknown
  setStartStep(name: string): unknown
}

/** `create` makes an empty step function: this one, and those inside it. */
export function readSpec<T extends Builder>(spec: unknown, functions: Functions, create: Create<T>): T {
  if (!isRecord(functions)) throw wrong(`fromJSON needs the functions by their names, not ${shown(functions)}`)
  return readDefinition(spec, { functions, create, depth: 0 })
}

/** The name under which a function is written; set where it was read by another name than its own. */
export const REGISTERED = new WeakMap<object, string>()

// ---

/** Deeper ones are no one's design, and would end in a stack that is full. */
const DEEPEST = 200

type Create<T> = (name: string, options: { maxVisits?: number }) => T

interface Reading<T> {
  readonly functions: Functions
  readonly create: Create<T>
  readonly depth: number
}

function readDefinition<T extends Builder>(spec: unknown, { functions, create, depth }: Reading<T>): T {
  if (depth > DEEPEST) throw wrong(`step functions are nested more than ${DEEPEST} levels deep`)
  const inner = { functions, create, depth: depth + 1 }
  checkKeys(spec, ['name', 'startStep', 'maxVisits', 'steps'], 'the specification of a step function')
  const { name, startStep, maxVisits, steps } = spec as StepFunctionSpec
  if (!isRecord(steps)) throw wrong(`"steps" of the step function "${name}" must be an object, not ${shown(steps)}`)
  const made = create(name, maxVisits === undefined ? {} : { maxVisits })
  for (const [id, step] of Object.entries(steps)) {
    const what = `step "${id}" of "${name}"`
    checkKeys(step, STEP_KEYS, what)
    const { func, subStepFunction, branch, ...settings } = step as StepSpec
    if (subStepFunction !== undefined) {
      const { parallel, stopOnFailure, ...sub } = settings
      if (func !== undefined || branch !== undefined || parallel || stopOnFailure !== undefined) {
        throw wrong(
          `${what} has "subStepFunction", beside which only nextStep, onFailure, retry, timeout and maxVisits are allowed`,
        )
      }
      made.addSubStepFunction(id, readDefinition(subStepFunction, inner), sub)
      continue
    }
    made.addStep(id, {
      ...settings,
      func: readFunc(func, inner, what) as StepFn,
      ...(branch === undefined ? {} : { branch: typeof branch === 'string' ? find(branch, functions, what) : branch }),
    } as StepOptions<never>)
  }
  if (startStep !== undefined) made.setStartStep(startStep)
  return made
}

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

interface Writing {
  /** The functions that are written already, by name. */
  readonly names: Map<string, object>
  readonly around: readonly Definition[]
}

function writeDefinition(of: Definition, { names, around }: Writing): StepFunctionSpec {
  if (around.some((one) => isSame(one, of))) throw wrong(`"${of.name}" contains itself: JSON cannot say that`)
  const steps: Record<string, StepSpec> = {}
  const inner = { names, around: [...around, of] }
  for (const step of of.steps.values()) setOwn(steps, step.name, writeStep(step, inner))
  return {
    name: of.name,
    ...(of.start === undefined ? {} : { startStep: of.start }),
    ...(of.maxVisits === undefined ? {} : { maxVisits: of.maxVisits }),
    steps,
  }
}

function writeStep(step: StepDefinition, writing: Writing): StepSpec {
  const { work, branch, next, onFailure, retry, timeoutMs, maxVisits } = step
  const what = `step "${step.name}"`
  return {
    ...(work.kind === 'sub' ? { subStepFunction: writeDefinition(work.of[DEFINITION], writing) } : {}),
    ...(work.kind === 'function' ? { func: nameOf(work.fn, step.name, what, writing) } : {}),
    ...(work.kind === 'parallel' ? { func: writeTasks(work.tasks, step.name, writing), parallel: true } : {}),
    ...(work.kind === 'parallel' && work.onFailure === 'stop' ? { stopOnFailure: true } : {}),
    ...(next === undefined ? {} : { nextStep: next }),
    ...(branch ? { branch: writeBranch(branch, step.name, writing) } : {}),
    ...(onFailure === undefined ? {} : { onFailure }),
    ...(retry ? { retry: writeRetry(retry) } : {}),
    ...(timeoutMs === undefined ? {} : { timeout: duration(timeoutMs) }),
    ...(maxVisits === undefined ? {} : { maxVisits }),
  }
}

function writeTasks(tasks: ReadonlyMap<string, StepTask>, step: string, writing: Writing) {
  const written: Record<string, string | StepFunctionSpec> = {}
  for (const [name, task] of tasks) {
    const text =
      task.kind === 'sub'
        ? writeDefinition(task.of[DEFINITION], writing)
        : nameOf(task.fn, name, `task "${name}" of step "${step}"`, writing)
    setOwn(written, name, text)
  }
  return written
}

function writeBranch(branch: NonNullable<StepDefinition['branch']>, step: string, writing: Writing) {
  if (branch.kind === 'function') {
    return nameOf(branch.choose, `${step}.branch`, `the branch of step "${step}"`, writing)
  }
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
function nameOf(fn: object, place: string, what: string, { names }: Writing): string {
  const { name: own } = fn as { name?: unknown } // a function may have been given any
  const isNamed = typeof own === 'string' && !['', 'func', 'branch'].includes(own)
  const name = REGISTERED.get(fn) ?? (isNamed ? own : place)
  if ((names.get(name) ?? fn) !== fn) {
    throw wrong(`${what} is a function called "${name}", and so is another: JSON names functions, so rename one`)
  }
  names.set(name, fn)
  return name
}

function readFunc<T extends Builder>(func: unknown, reading: Reading<T>, what: string): unknown {
  if (typeof func === 'string') return find(func, reading.functions, what)
  if (!isRecord(func)) throw wrong(`"func" of ${what} must be the name of a function, not ${shown(func)}`)
  const tasks: Record<string, unknown> = {}
  for (const [name, task] of Object.entries(func)) {
    if (typeof task === 'string') setOwn(tasks, name, find(task, reading.functions, what))
    else if (isRecord(task)) setOwn(tasks, name, readDefinition(task, reading))
    else throw wrong(`task "${name}" of ${what} must be the name of a function or a step function, not ${shown(task)}`)
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

/** A very long one is written with an exponent, which only a number may have. */
function duration(ms: number): Duration {
  return String(ms).includes('e') ? ms / 1_000 : `${ms}ms`
}
