// Calls functions of users in this process, so that what they print, what they throw where nobody waits, and what they
// return affects their own call and nothing else. Wraps one function at a time; its result belongs to its author.
//
// 1. What they print on stdout goes to stderr: stdout has results. Nothing is printed that is secret in the call.
// 2. `process.exit`, and what is below it, is a failure of the call that it comes from, or of the module that is loaded in a process of our program.
//    Nobody else's process.exit is touched.
// 3. An error outside of every call fails the call that it comes from; if that has ended, it is reported.
//
// Where an error comes from is known by asynchronous context. That costs, so functions that answer at once have none.

import { AsyncLocalStorage } from 'node:async_hooks'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  type CallContext,
  type Component,
  errorValue,
  FlowError,
  isPromise,
  jsonFault,
  type Log,
  Park,
  Skip,
} from '@stepflow/engine'
import { guardOutput } from './in-process-output.ts'

/** Whether a result has to be JSON, or goes on to the next step as it is. */
export type Results = 'json' | 'as they are'

/** The same component, as a function of this process. */
export function guarded(component: Component, results: Results): Component {
  const { name } = component.info
  const guard = house()
  let isAsync = component.call.constructor?.name === 'AsyncFunction'
  const accept = (result: unknown) => (results === 'json' ? checked(name, result) : result)

  function callLater(input: unknown, context: CallContext): unknown {
    const call = new Call(name, context)
    return follow(
      call,
      guard.context.run(call, () => component.call(input, context)),
      accept,
    )
  }

  return {
    info: component.info,
    call(input, context) {
      if (isAsync) return callLater(input, context)
      guard.last = name
      guard.lastContext = context
      const result = component.call(input, context)
      if (!isPromise(result)) return accept(result)
      isAsync = true
      const call = new Call(name, context)
      guard.unknown.add(call)
      return follow(call, result, accept)
    },
  }
}

/** To be called before such functions are loaded; `log` is told what belongs to no call. */
export function guardProcess(log: Log | undefined): void {
  const guard = house()
  if (log) guard.log = log
  if (guard.isOn) return
  guard.isOn = true
  guardOutput({
    isTheirs: () => guard.context.getStore() !== undefined || (guard.isProgram && isTheirStack()),
    cleaned: (chunk) => cleaned(chunk, guard),
  })
  for (const name of ['exit', 'reallyExit', 'abort']) failByExit(name, guard)
}

/** To be called by a program whose process is its own: then whoever else calls process.exit is a module, in a call or not. */
export function ownProcess(): void {
  house().isProgram = true
}

/** True: what was thrown where nobody waits is theirs, and has been dealt with. For the process's own handlers. */
export function claimStray(thrown: unknown): boolean {
  const guard = (globalThis as Record<symbol, Guard | undefined>)[GUARD]
  if (!guard?.isOn) return false
  const call = guard.context.getStore() ?? onlyOne(guard.unknown)
  if (!call && isOurs(thrown)) return false
  const { message } = errorValue(thrown)
  if (guard.exits.has(thrown as object)) {
    if (call?.fail) call.fail(thrown as FlowError)
    else guard.log('error', message)
    return true
  }
  const place = placeOf(thrown)
  const what = `an error that nobody waits for: ${message}${place}`
  if (call?.fail) call.fail(new FlowError('COMPONENT_FAILED', `component ${call.name} threw ${what}`))
  else if (call) guard.log('error', `component ${call.name}, which has answered, threw ${what}`)
  else guard.log('error', `a function of this process threw ${what}`)
  return true
}

// ---

/** A call that has not answered at once. */
class Call {
  readonly name: string
  readonly context: CallContext
  /** Until it has ended. */
  fail: ((error: FlowError) => void) | undefined

  constructor(name: string, context: CallContext) {
    this.name = name
    this.context = context
  }
}

interface Guard {
  isOn: boolean
  isProgram: boolean
  log: Log
  readonly context: AsyncLocalStorage<Call>
  /** The component that was called last without a context. */
  last: string | undefined
  lastContext: CallContext | undefined
  /** Calls that were begun without a context: the first of a function that turned out to answer later. */
  readonly unknown: Set<Call>
  /** What was thrown in place of ending the process. */
  readonly exits: WeakSet<object>
}

/** One for the process, however many copies of this file its bundles have. */
const GUARD = Symbol.for('stepflow.in-process')

function house(): Guard {
  const shared = globalThis as Record<symbol, Guard | undefined>
  shared[GUARD] ??= {
    isOn: false,
    isProgram: false,
    log: () => {},
    context: new AsyncLocalStorage(),
    last: undefined,
    lastContext: undefined,
    unknown: new Set(),
    exits: new WeakSet(),
  }
  return shared[GUARD]
}

function follow(call: Call, result: unknown, accept: (result: unknown) => unknown): unknown {
  if (!isPromise(result)) return accept(result)
  return new Promise((resolve, reject) => {
    const end = () => {
      call.fail = undefined
      house().unknown.delete(call)
    }
    call.fail = (error) => {
      end()
      reject(error)
    }
    result.then(
      (value) => {
        end()
        try {
          resolve(accept(value))
        } catch (fault) {
          reject(fault)
        }
      },
      (thrown) => {
        end()
        reject(thrown)
      },
    )
  })
}

function checked(name: string, result: unknown): unknown {
  const fault = jsonFault(result)
  if (fault === undefined || result instanceof Park || result instanceof Skip) return result
  throw new FlowError('COMPONENT_FAILED', `component ${name} returned a value that JSON cannot carry: ${fault}`, {
    retryable: false,
  })
}

/** Of whose call it is, is known; of one whose function has not answered later before, not: then it is one of those. */
function cleaned(chunk: string | Uint8Array, { context, lastContext, unknown }: Guard): string | Uint8Array {
  const own = context.getStore()?.context
  const contexts = own ? [own] : [...Array.from(unknown, (call) => call.context), ...(lastContext ? [lastContext] : [])]
  if (contexts.length === 0) return chunk
  const text = typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8')
  const clean = contexts.reduce((rest, { redaction }) => (redaction ? redaction(rest) : rest), text)
  return clean === text ? chunk : clean
}

/** `process.exit`, and what is below it. */
function failByExit(method: string, guard: Guard): void {
  const functions = process as unknown as Record<string, (code?: number) => never> // some of them have no type
  const exit = functions[method]?.bind(process)
  if (!exit) return
  functions[method] = (code) => {
    const own = guard.context.getStore()?.name
    const isTheirs = own !== undefined || isTheirStack()
    const name = own ?? guard.last
    if (!isTheirs || (name === undefined && !guard.isProgram)) return exit(code)
    const who = name === undefined ? 'a module' : `component ${name}`
    const message = `${who} called process.${method}(${code ?? ''}): let it return a result, or throw an error`
    const failure = new FlowError('COMPONENT_FAILED', message, { retryable: false })
    guard.exits.add(failure)
    throw failure
  }
}

function onlyOne(calls: ReadonlySet<Call>): Call | undefined {
  const [first] = calls
  return calls.size === 1 ? first : undefined
}

/** A fault of ours: the function that threw is in this package. */
function isOurs(thrown: unknown): boolean {
  return framesOf(thrown)[0]?.includes(ownFolder()) ?? false
}

/** Somebody else's function is on the way here. */
function isTheirStack(): boolean {
  const own = ownFolder()
  return framesOf(new Error()).some((frame) => !frame.includes(own))
}

function ownFolder(): string {
  return fileURLToPath(new URL('.', import.meta.url))
}

/** The lines of a stack that name a file. */
function framesOf(thrown: unknown): string[] {
  const stack = thrown instanceof Error && typeof thrown.stack === 'string' ? thrown.stack : ''
  return stack.split('\n').filter((line) => /^\s+at .*[/\\]/.test(line) && !line.includes('node:'))
}

/** ` (components.ts:12)` */
function placeOf(thrown: unknown): string {
  const [, file, line] = /([^\s()]+):(\d+):\d+\)?$/.exec(framesOf(thrown)[0] ?? '') ?? []
  return file === undefined ? '' : ` (${basename(file)}:${line})`
}
