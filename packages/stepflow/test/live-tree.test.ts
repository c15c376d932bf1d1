// The picture of a run that is renewed while it runs.

import type { JournalEntry, Plan } from '@stepflow/engine'
import { expect, test } from 'vitest'
import { parseArgs } from '../src/cli/args.ts'
import type { Io } from '../src/cli/command.ts'
import { version } from '../src/cli/commands/version.ts'
import { createMessages } from '../src/cli/messages.ts'
import { showRun } from '../src/cli/progress/show-run.ts'

const plan = {
  name: 'p',
  steps: [{ id: 'a', component: '/x', input: { op: 'input' } }],
  entry: 0,
  exit: 0,
  onFailure: 'stop',
} as unknown as Plan

test('a message takes the picture away from the beginning of its line, whatever was typed there', async () => {
  let written = ''
  let drawn = () => {}
  const isDrawn = new Promise<void>((resolve) => {
    drawn = resolve
  })
  const io = {
    env: {},
    err(text: string) {
      written += text
      if (written.includes('● a')) drawn()
    },
    terminal: { err: true, columns: 80, rows: 24, color: { out: false, err: false } },
  } as unknown as Io
  const messages = createMessages(parseArgs(version, []), io)
  const display = showRun(plan, io, messages)
  display.see([{ type: 'started', at: Date.now(), attempt: 1, item: 0, step: 0, visit: 1 } satisfies JournalEntry])
  await isDrawn
  written = ''

  messages.hint('stopping')

  // Without the carriage return it would begin behind the ^C that the terminal has shown.
  expect(written).toBe('\r\u001b[1A\u001b[0Jstopping\n')
  display.end()
})
