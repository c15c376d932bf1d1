// onError gives a value or a skip in place of a failure; a rule lets a step follow it.

import { defineFlow } from 'stepflow'
import { type Case, fail } from './kit.ts'

export const flow = defineFlow('errors', {}, ({ step, coalesce }) => {
  const value = step('value', fail('no') as () => string, undefined, { onError: { default: 'instead' } })
  const skipped = step('skipped', fail('no') as () => string, undefined, { onError: 'skip' })
  const bad = step('bad', fail('no') as () => string)
  const after = step('after', (x: string | null) => `saw ${x}`, bad, { triggerRule: 'all_done' })
  return [value, coalesce(skipped, 'passed over'), after]
})

export const cases: Case[] = [{ name: 'all three', result: ['instead', 'passed over', 'saw null'] }]
