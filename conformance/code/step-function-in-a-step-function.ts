// A step function can be a step, and a task of a parallel step; its result is the step's, and so is its failure.

import { StepFunction } from 'stepflow'
import { type Case, fail } from './kit.ts'

const half = new StepFunction('half')
  .addStep('Check', { func: (x: number) => (x < 0 ? fail('negative')() : x), nextStep: 'Half' })
  .addStep('Half', { func: (x: number) => x / 2 })
  .setStartStep('Check')

export const flow = new StepFunction('outer')
  .addSubStepFunction('First', half, { nextStep: 'Both', onFailure: 'Rescue' })
  .addStep('Both', { func: { again: half, same: (x: number) => x }, parallel: true })
  .addStep('Rescue', { func: (error: Error) => `rescued: ${error.message}` })
  .setStartStep('First')

export const cases: Case[] = [
  { name: 'twice', input: 8, result: { again: 2, same: 4 } },
  { name: 'its failure', input: -1, result: 'rescued: negative' },
]
