// /code, /code/javascript, /code/python: runs source text in a process of its own. What keeps it in is said in code-jail.ts.

import { type Clock, type Component, FlowError, type Json, type Log } from '@stepflow/engine'
import { type Jailed, runJailed } from './code-jail.ts'
import { define } from './define.ts'
import { duration, oneOf, optional, text } from './input.ts'

type Language = 'javascript' | 'python'

const TIMEOUT_MS = 30_000

const fields = {
  code: text('Its last expression, or its variable "result", is the output'),
  timeout: optional(duration('30 seconds if absent')),
}
const output: Json = { description: 'What the code gave, as JSON' }

export function code(clock: Clock): Component[] {
  const one = (language: Language) =>
    define({
      name: `code/${language}`,
      description: `Runs ${language === 'python' ? 'Python' : 'JavaScript'} without network and files`,
      fields,
      output,
      call: ({ code, timeout }, context) => run(language, code, timeout, context, clock),
    })
  const any = define({
    name: 'code',
    description: 'Runs JavaScript or Python without network and files',
    fields: { ...fields, language: optional(oneOf<Language>('javascript if absent', ['javascript', 'python'])) },
    output,
    call: ({ code, timeout, language }, context) => run(language ?? 'javascript', code, timeout, context, clock),
  })
  return [any, one('javascript'), one('python')]
}

// ---

interface Caller {
  readonly signal: AbortSignal
  readonly log: Log
}

async function run(
  language: Language,
  source: string,
  timeoutMs: number = TIMEOUT_MS,
  { signal, log }: Caller,
  clock: Clock,
): Promise<unknown> {
  const answer = await runJailed({ language, source, timeoutMs, signal, clock })
  for (const line of answer.printed) log('info', line)
  return read(answer)
}

function read({ outcome }: Jailed): unknown {
  if ('value' in outcome) return outcome.value
  throw new FlowError('COMPONENT_FAILED', `the code failed: ${outcome.error}`)
}
