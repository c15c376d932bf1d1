// The keys of a branch stand for texts, numbers and booleans; what matches nothing goes to the default.

import { StepFunction } from 'stepflow'
import type { Case } from './kit.ts'

const say = (what: string) => () => what

export const flow = new StepFunction('branches')
  .addStep('Ask', { func: (x: unknown) => x, branch: { yes: 'Yes', 7: 'Seven', true: 'True', default: 'Other' } })
  .addStep('Yes', { func: say('yes') })
  .addStep('Seven', { func: say('seven') })
  .addStep('True', { func: say('true') })
  .addStep('Other', { func: say('other') })
  .setStartStep('Ask')

export const cases: Case[] = [
  { name: 'text', input: 'yes', result: 'yes' },
  { name: 'number', input: 7, result: 'seven' },
  { name: 'boolean', input: true, result: 'true' },
  { name: 'nothing', input: null, result: 'other' },
  { name: 'anything else', input: { yes: 1 }, result: 'other' },
]
