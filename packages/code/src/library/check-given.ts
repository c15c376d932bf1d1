// What programs hand to an engine or a step function, checked before anything runs: all that is wrong with a call is said at once. Runs
// nothing, and does not look into flows and inputs.

import { type ErrorCode, FlowError, isPromise, isRecord } from '@stepflow/engine'
import { shown, unknownKeys } from '../compile/options.ts'
import { isRunnable } from './program.ts'

/** `run` and `runOutcome`; those of an engine take no other engine. */
export function checkRun(call: string, of: unknown, options: unknown): void {
  if (options === undefined && isRunnable(of)) return
  refuse(flowProblems(call, of), optionProblems(call, options, call.startsWith('engine.') ? STOPPABLE : RUN))
}

export function checkExecute(call: string, options: unknown): void {
  if (options !== undefined) refuse([], optionProblems(call, options, STOPPABLE))
}

/** `known`: the hooks that there are. */
export function checkStepFunctionOptions(what: string, options: unknown, known: readonly string[]): void {
  refuse(optionProblems(what, options, STEP_FUNCTION_OPTIONS), [])
  const { hooks } = options as { readonly hooks?: object }
  if (hooks === undefined) return
  const rules = Object.fromEntries(known.map((name) => [name, aFunction]))
  refuse(optionProblems(`"hooks" of ${what}`, hooks, rules), [])
}

export function checkBatch(call: string, of: unknown, inputs: unknown, options: unknown): void {
  const known = call.startsWith('engine.') ? BATCH : { ...BATCH, ...RUN }
  refuse(flowProblems(call, of), [...inputProblems(call, inputs), ...optionProblems(call, options, known)])
}

export function checkSubmit(of: unknown, inputs: unknown, options: unknown): void {
  const call = 'engine.submit'
  refuse(flowProblems(call, of), [...inputProblems(call, inputs), ...optionProblems(call, options, SUBMIT)])
}

export function checkResume(run: unknown, options: unknown): void {
  const call = 'engine.resume'
  refuse([], [...runProblems(call, run), ...optionProblems(call, options, RESUME)])
}

export function checkGet(run: unknown): void {
  refuse([], runProblems('engine.get', run))
}

export function checkFollow(run: unknown): void {
  refuse([], runProblems('engine.follow', run))
}

export function checkClose(options: unknown): void {
  refuse([], optionProblems('engine.close', options, CLOSE))
}

export function checkSignal(run: unknown, signal: unknown): void {
  refuse([], [...runProblems('engine.signal', run), ...signalProblems(signal)])
}

export function checkEngineOptions(options: unknown): void {
  refuse(optionProblems('an engine', options, ENGINE_OPTIONS), [])
  const { store, history, flows = [], plugins = [] } = options as Readonly<Record<string, unknown>> & Lists
  const problems: string[] = []
  if (store !== undefined && history === 'none') {
    problems.push('"history: none" of an engine is for its own store in memory: a "store" that is given keeps all')
  }
  flows.forEach((flow, i) => {
    problems.push(...flowProblems(`"flows[${i}]" of an engine`, flow))
  })
  plugins.forEach((plugin, i) => {
    if (!isPlugin(plugin)) {
      problems.push(`"plugins[${i}]" of an engine must be a plugin, with a name and "resolve", not ${told(plugin)}`)
    } else if (!/^[^/]+$/.test(plugin.name) || plugin.name === 'local') {
      const why = 'is never found: a path begins with /NAME/, and /local/ leads to functions of flows'
      problems.push(`"plugins[${i}]" of an engine is called ${shown(plugin.name)}, which ${why}`)
    } else if (plugins.findIndex((other) => isPlugin(other) && other.name === plugin.name) < i) {
      problems.push(`an engine has two plugins called ${shown(plugin.name)}; names are unique`)
    }
  })
  refuse(problems, [])
}

// ---

interface Lists {
  readonly flows?: readonly unknown[]
  readonly plugins?: readonly unknown[]
}

interface Rule {
  readonly wants: string
  readonly fits: (value: unknown) => boolean
}

type Rules = Readonly<Record<string, Rule>>

const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''
const isFunction = (value: unknown) => typeof value === 'function'

const text: Rule = { wants: 'a text that is not empty', fits: isText }
const anything: Rule = { wants: 'a value', fits: () => true }
const object: Rule = { wants: 'an object', fits: isRecord }
const count: Rule = {
  wants: 'a whole number from 1 on',
  fits: (value) => Number.isInteger(value) && (value as number) >= 1,
}
const milliseconds: Rule = {
  wants: 'milliseconds, from 0',
  fits: (value) => Number.isFinite(value) && (value as number) >= 0,
}
const aFunction: Rule = { wants: 'a function', fits: isFunction }

const STOPPABLE: Rules = { signal: { wants: 'an AbortSignal', fits: isAbortSignal } }
const RUN: Rules = { ...STOPPABLE, engine: { wants: 'an engine, as createEngine() makes it', fits: isEngine } }
const BATCH: Rules = {
  ...STOPPABLE,
  order: { wants: 'input or completion', fits: (value) => value === 'input' || value === 'completion' },
  maxConcurrent: count,
}
const FOLLOWED: Rules = {
  maxConcurrent: count,
  redact: { wants: 'true or false', fits: (value) => typeof value === 'boolean' },
  watch: aFunction,
}
const SUBMIT: Rules = {
  ...FOLLOWED,
  id: text,
  flow: text,
  variables: object,
  labels: {
    wants: 'an object of texts',
    fits: (value) => isRecord(value) && Object.values(value).every((label) => typeof label === 'string'),
  },
  origin: object,
  trigger: object,
}
const RESUME: Rules = { ...FOLLOWED, inputs: { wants: 'a list or something else to iterate over', fits: isIterable } }
const aClock: Rule = {
  wants: 'a clock, with "now", "timer" and "soon"',
  fits: (value) => has(value, ['now', 'timer', 'soon']),
}
const STEP_FUNCTION_OPTIONS: Rules = { hooks: object, maxVisits: count, log: aFunction, clock: aClock }
const ENGINE_OPTIONS: Rules = {
  store: { wants: 'a store, such as createMemoryStore() gives', fits: isStore },
  history: { wants: 'all or none', fits: (value) => value === 'all' || value === 'none' },
  flows: { wants: 'a list of flows: [flow]', fits: Array.isArray },
  plugins: { wants: 'a list of plugins: [plugin]', fits: Array.isArray },
  secrets: { wants: 'a function of a name', fits: isFunction },
  log: aFunction,
  clock: aClock,
  random: aFunction,
  newId: aFunction,
  storePatienceMs: milliseconds,
}
const CLOSE: Rules = { drainMs: milliseconds }
const SIGNALS: Readonly<Record<string, Rules>> = {
  cancel: { reason: text },
  pause: {},
  resume: {},
  signal: {
    signal: text,
    payload: anything,
    id: text,
    item: {
      wants: 'the number of an input, from 0',
      fits: (value) => Number.isInteger(value) && (value as number) >= 0,
    },
  },
}

function refuse(inFlow: readonly string[], inInput: readonly string[]): void {
  const problems = [...inFlow, ...inInput]
  const code: ErrorCode = inFlow.length > 0 ? 'INVALID_FLOW' : 'INVALID_INPUT'
  if (problems.length > 0) throw new FlowError(code, problems.join('; '))
}

function flowProblems(call: string, of: unknown): string[] {
  const isPlan = isRecord(of) && Array.isArray(of.steps)
  return isRunnable(of) || isPlan ? [] : [`${call} needs a flow, a step function or a plan, not ${told(of)}`]
}

function inputProblems(call: string, inputs: unknown): string[] {
  if (isIterable(inputs)) return []
  const hint = typeof inputs === 'string' || isRecord(inputs) ? '; for a single one write [input]' : ''
  return [`${call} needs a list of inputs, or something else to iterate over, not ${told(inputs)}${hint}`]
}

function runProblems(call: string, run: unknown): string[] {
  return isText(run) ? [] : [`${call} needs the id of a run, not ${told(run)}`]
}

function signalProblems(signal: unknown): string[] {
  if (!isRecord(signal)) return [`a signal must be an object, such as { name: 'cancel' }, not ${told(signal)}`]
  const { name, ...others } = signal
  const rules = typeof name === 'string' && Object.hasOwn(SIGNALS, name) ? SIGNALS[name] : undefined
  if (!rules) {
    const hint = isText(name) ? `; of a name of your own: { name: 'signal', signal: ${shown(name)} }` : ''
    return [`"name" of a signal must be cancel, pause, resume or signal, not ${told(name)}${hint}`]
  }
  const missing = name === 'signal' && others.signal === undefined ? ['a signal needs its name: { signal }'] : []
  return [...missing, ...optionProblems(`a signal "${name}"`, others, rules)]
}

function optionProblems(call: string, options: unknown, rules: Rules): string[] {
  if (options === undefined) return []
  // These have no keys that would betray them.
  if (isAbortSignal(options)) return [`the options of ${call} must be an object: { signal }, not the signal itself`]
  if (isEngine(options)) return [`the options of ${call} must be an object: { engine }, not the engine itself`]
  if (!isRecord(options)) return [`the options of ${call} must be an object, not ${told(options)}`]
  const wrong = Object.entries(rules).filter(([key, { fits }]) => options[key] !== undefined && !fits(options[key]))
  return [
    ...unknownKeys(options, Object.keys(rules), call),
    ...wrong.map(([key, { wants }]) => `"${key}" of ${call} must be ${wants}, not ${told(options[key])}`),
  ]
}

function told(value: unknown): string {
  return isPromise(value) ? 'a promise: await it' : shown(value)
}

// --- by what they can do: they may be of another copy of the package, or somebody's own

function has(value: unknown, methods: readonly string[]): boolean {
  return isRecord(value) && methods.every((method) => typeof value[method] === 'function')
}

function isAbortSignal(value: unknown): boolean {
  return has(value, ['addEventListener', 'removeEventListener']) && typeof (value as AbortSignal).aborted === 'boolean'
}

function isEngine(value: unknown): boolean {
  return has(value, ['run', 'runOutcome', 'runBatch'])
}

function isStore(value: unknown): boolean {
  return has(value, ['append', 'read', 'work', 'watch', 'close']) && isRecord((value as { runs?: unknown }).runs)
}

function isPlugin(value: unknown): value is { readonly name: string } {
  return has(value, ['resolve']) && isText((value as { name?: unknown }).name)
}

function isIterable(value: unknown): boolean {
  if (value === null || value === undefined || typeof value === 'string') return false
  const { [Symbol.iterator]: inOrder, [Symbol.asyncIterator]: later } = value as Partial<
    Iterable<unknown> & AsyncIterable<unknown>
  >
  return isFunction(inOrder) || isFunction(later)
}
