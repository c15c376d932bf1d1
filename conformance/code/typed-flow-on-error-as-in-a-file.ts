// onError takes what a flow file says: a word, or an action with its default or its retries.

import { defineFlow } from 'stepflow'
import { type Case, fail } from './kit.ts'

const failing = fail('no') as () => string
let calls = 0

export const flow = defineFlow('onError as in a file', {}, ({ step, coalesce }) => ({
  continued: step('continued', failing, undefined, { onError: 'continue' }),
  older: step('older', failing, undefined, { onError: 'useDefault' }),
  value: step('value', failing, undefined, { onError: { action: 'continue', default_output: 'instead' } }),
  camel: step('camel', failing, undefined, { onError: { action: 'use_default', defaultValue: 'instead' } }),
  reference: step('reference', failing, undefined, {
    onError: { action: 'continue', defaultOutput: step('other', () => 'of another step') },
  }),
  none: step('none', failing, undefined, { onError: { action: 'continue' } }),
  skipped: coalesce(step('skipped', failing, undefined, { onError: { action: 'skip' } }), 'passed over'),
  retried: step('retried', () => (++calls % 3 === 0 ? 'the third time' : failing()), undefined, {
    onError: { action: 'retry', max_retries: 2 },
  }),
  failed: coalesce(
    step('after', (x: string | null) => `saw ${x}`, step('failed', failing, undefined, { onError: 'terminate' }), {
      triggerRule: 'one_failed',
    }),
    'not reached',
  ),
}))

export const cases: Case[] = [
  {
    name: 'each form',
    result: {
      continued: null,
      older: null,
      value: 'instead',
      camel: 'instead',
      reference: 'of another step',
      none: null,
      skipped: 'passed over',
      retried: 'the third time',
      failed: 'saw null',
    },
  },
]
