// Each step is given the result of the one that led to it; the last result is the output.

import { StepFunction } from 'stepflow'
import type { Case } from './kit.ts'

export const flow = new StepFunction('chain')
  .addStep('A', { func: (x: number) => x + 1, nextStep: 'B' })
  .addStep('B', { func: async (x: number) => x * 10 })
  .setStartStep('A')

export const cases: Case[] = [{ name: 'a number', input: 1, result: 20 }]
