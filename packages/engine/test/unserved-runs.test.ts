import { expect, test } from 'vitest'
import { UnservedRuns } from '../src/run/engine/unserved-runs.ts'

test('that a run is left to others is said once, and once more if it comes back after their time', () => {
  const runs = new UnservedRuns(5_000)
  const say = (run: string, now: number) => runs.say(run, 'there is no component /x', now, true)

  expect(say('a', 1_000)).toBe('run a is left to others: there is no component /x')
  // Another journal of the same run.
  expect(say('a', 1_010)).toBeUndefined()
  expect(say('b', 3_000)).toContain('run b is left to others')
  expect(say('a', 11_000)).toBe('no node serves run a: there is no component /x')
  expect(say('a', 21_000)).toBeUndefined()
})

test('a process that is alone on its store has said all with the first', () => {
  const runs = new UnservedRuns(5_000)
  expect(runs.say('a', 'there is no component /x', 0, false)).toContain('is left to others')
  expect(runs.say('a', 'there is no component /x', 60_000, false)).toBeUndefined()
})
