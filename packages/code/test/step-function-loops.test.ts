// Step functions that go round: each visit of a step is a new one.
import { StepFunction } from 'stepflow'
import { expect, test } from 'vitest'

test('each visit of a loop has all its attempts', async () => {
  const attempts: number[] = []
  let calls = 0
  const flaky = (_: unknown, { attempt }: { attempt: number }) => {
    attempts.push(attempt)
    if (++calls % 2) throw new Error('flaky')
    return calls < 4
  }
  const sf = new StepFunction('w', { log: () => {} })
    .addStep('A', { func: flaky, branch: { true: 'A', false: 'End' }, retry: { maxAttempts: 2, delay: '1ms' } })
    .addStep('End', { func: () => 'end' })
    .setStartStep('A')

  expect((await sf.execute()).result).toBe('end') // rejects: flaky
  expect(attempts).toEqual([1, 2, 1, 2]) // 1, 2, 2
})
