// A step may lead back; after maxVisits it fails.

import { StepFunction } from 'stepflow'
import type { Case } from './kit.ts'

export const flow = new StepFunction('loop', { maxVisits: 5, log: () => {} })
  .addStep('Count', { func: (x: number) => x + 1, branch: (x: number) => (x === 10 ? null : 'Count') })
  .setStartStep('Count')

export const cases: Case[] = [
  { name: 'ends in time', input: 6, result: 10 },
  { name: 'goes on', input: 0, failed: { step: 'Count', message: /reached more than 5 times/ } },
]
