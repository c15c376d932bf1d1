// /code, /code/javascript, /code/python: runs source text in a jail. What keeps it in is said in jail/jail.ts.

import { type CallContext, type Clock, type Component, FlowError, type Json, type Log } from '@stepflow/engine'
import { define } from './define.ts'
import { duration, oneOf, optional, text } from './input.ts'
import type { Language } from './jail/interpreters.ts'
import type { Jailed } from './jail/jail.ts'
import type { Jails } from './jail/jails.ts'
import { MEMORY_MB, TIMEOUT_MS } from './jail/limits.ts'
import { jailTools, whyNoJail } from './jail/util-linux.ts'
import type { HomeOf } from './load-file.ts'

/** `code` of the configuration. */
export interface CodeOptions {
  /** Runs code also where nothing but the inner walls keeps it in. */
  readonly unsafe?: boolean
  readonly memoryMb?: number
  /** How many jails of each language that was asked for are started ahead. */
  readonly warm?: number
}

const fields = {
  code: text('Its last expression, or its variable "result", is the output'),
  timeout: optional(duration('30 seconds if absent')),
}
const output: Json = { description: 'What the code gave, as JSON' }

/** `homeOf`: a flow that has no folder may be anybody's, and runs its code in a jail or not at all. */
export function code(
  clock: Clock,
  options: CodeOptions = {},
  homeOf?: HomeOf,
): { components: Component[]; stop: () => Promise<void> } {
  const { unsafe = false, memoryMb = MEMORY_MB, warm = 0 } = options
  let jails: Promise<Jails> | undefined
  const open = async (log: Log) => {
    const missing = whyNoJail()
    if (missing) log('warning', `code runs with its inner walls alone: ${missing}`)
    const { Jails } = await import('./jail/jails.ts')
    return new Jails({ clock, memoryMb, warm, tools: jailTools() })
  }
  const run = async (language: Language, source: string, timeoutMs = TIMEOUT_MS, context: CallContext) => {
    const { runId, signal, log } = context
    const isStrange = homeOf !== undefined && homeOf(context.flowFile) === undefined
    const refusal = isStrange ? whyNoJail() : refused()
    if (refusal !== undefined) throw new FlowError('COMPONENT_FAILED', refusal, { retryable: false })
    jails ??= open(log)
    const started = () => context.started()
    const { outcome, printed } = await (await jails).run({ language, source, timeoutMs, runId, signal, started })
    for (const line of printed) log('info', line)
    return read(outcome)
  }
  const one = (language: Language) =>
    define({
      name: `code/${language}`,
      description: `Runs ${language === 'python' ? 'Python' : 'JavaScript'} without network and files`,
      fields,
      output,
      call: ({ code, timeout }, context) => run(language, code, timeout, context),
    })
  const any = define({
    name: 'code',
    description: 'Runs JavaScript or Python without network and files',
    fields: {
      ...fields,
      language: optional(oneOf<Language>('javascript if absent', ['javascript', 'python'])),
    },
    output,
    call: ({ code, timeout, language }, context) => run(language ?? 'javascript', code, timeout, context),
  })
  const refused = () => (unsafe ? undefined : whyRefused())
  const components = [any, one('javascript'), one('python')].map((component) => ({
    ...component,
    info: { ...component.info, announcesStart: true },
    refused,
  }))
  return { components, stop: async () => (await jails)?.close() }
}

// ---

function whyRefused(): string | undefined {
  const missing = whyNoJail()
  return missing && `${missing}; "code: { unsafe: true }" in the configuration runs it with its inner walls alone`
}

function read(outcome: Jailed['outcome']): unknown {
  if ('value' in outcome) return outcome.value
  throw new FlowError('COMPONENT_FAILED', `the code failed: ${outcome.error}`)
}
