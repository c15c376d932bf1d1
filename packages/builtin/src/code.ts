// /code, /code/javascript, /code/python: runs source text in a process of its own. What keeps it in is said in code-jail.ts.

import { type Clock, type Component, FlowError, type Json, type Log } from '@stepflow/engine'
import { type Jailed, runJailed, whyNoJail, whyRefused } from './code-jail.ts'
import { define } from './define.ts'
import { duration, oneOf, optional, text } from './input.ts'

type Language = 'javascript' | 'python'

const TIMEOUT_MS = 30_000

const fields = {
  code: text('Its last expression, or its variable "result", is the output'),
  timeout: optional(duration('30 seconds if absent')),
}
const output: Json = { description: 'What the code gave, as JSON' }

/** `isUnsafe`: runs code also where nothing but its inner walls keeps it in. */
export function code(clock: Clock, isUnsafe = false): Component[] {
  let isWarned = false
  const run = async (language: Language, source: string, timeoutMs: number | undefined, { signal, log }: Caller) => {
    if (isUnsafe && !isWarned) {
      isWarned = true
      const missing = whyNoJail()
      if (missing) log('warning', `code runs with its inner walls alone: ${missing}`)
    }
    const answer = await runJailed({ language, source, timeoutMs: timeoutMs ?? TIMEOUT_MS, signal, clock, isUnsafe })
    for (const line of answer.printed) log('info', line)
    return read(answer)
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
    fields: { ...fields, language: optional(oneOf<Language>('javascript if absent', ['javascript', 'python'])) },
    output,
    call: ({ code, timeout, language }, context) => run(language ?? 'javascript', code, timeout, context),
  })
  const refused = () => (isUnsafe ? undefined : whyRefused())
  return [any, one('javascript'), one('python')].map((component) => ({ ...component, refused }))
}

// ---

interface Caller {
  readonly signal: AbortSignal
  readonly log: Log
}

function read({ outcome }: Jailed): unknown {
  if ('value' in outcome) return outcome.value
  throw new FlowError('COMPONENT_FAILED', `the code failed: ${outcome.error}`)
}
