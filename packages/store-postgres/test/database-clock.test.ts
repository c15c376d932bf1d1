import { afterEach, expect, test, vi } from 'vitest'
import { DatabaseClock } from '../src/database-clock.ts'

afterEach(() => void vi.useRealTimers())

function start(time: number): DatabaseClock {
  vi.useFakeTimers({ toFake: ['performance', 'Date'] })
  return new DatabaseClock(time, performance.now())
}

test('it goes on by the steady clock, whatever the machine thinks the time is', () => {
  const clock = start(1_000_000)
  vi.setSystemTime(99)
  vi.advanceTimersByTime(500)
  expect(clock.now()).toBe(1_000_500)
})

test('it follows a clock that is ahead at once', () => {
  const clock = start(1_000_000)
  vi.advanceTimersByTime(1_000)
  clock.set(1_005_000, performance.now())
  expect(clock.now()).toBe(1_005_000)
  vi.advanceTimersByTime(10)
  expect(clock.now()).toBe(1_005_010)
})

test('it waits for a clock that was set back, at half the speed and never backwards', () => {
  const clock = start(1_000_000)
  clock.set(990_000, performance.now())
  expect(clock.now()).toBe(1_000_000)
  vi.advanceTimersByTime(10_000)
  expect(clock.now()).toBe(1_005_000)
  clock.set(1_000_000, performance.now())
  expect(clock.now()).toBe(1_005_000)
  vi.advanceTimersByTime(10_000)
  expect(clock.now()).toBe(1_010_000)
  vi.advanceTimersByTime(1_000)
  expect(clock.now()).toBe(1_011_000)
})

test('an answer that took long, or that differs by the way of the answer, changes nothing', () => {
  const clock = start(1_000_000)
  const askedAt = performance.now()
  vi.advanceTimersByTime(5_000)
  clock.set(2_000_000, askedAt)
  clock.set(1_005_010, performance.now())
  expect(clock.now()).toBe(1_005_000)
})
