import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { success } from '@stepflow/engine'
import { expect, onTestFinished, test, vi } from 'vitest'
import { newFolder } from '../../../test/new-folder.ts'
import { readKept } from '../src/cli/batch/resume.ts'
import { createResultWriter, type ResultWriterOptions } from '../src/cli/batch/write-results.ts'

const folder = newFolder()
let files = 0

function writing(options: Partial<ResultWriterOptions> = {}) {
  const file = join(folder, `${files++}.jsonl`)
  const fd = openSync(file, 'w')
  const writer = createResultWriter({ fd, order: 'input', name: 'results.jsonl', ...options })
  return { writer, file, text: () => readFileSync(file, 'utf8'), close: () => closeSync(fd) }
}

test('in input order a result waits for those before it', async () => {
  const { writer, text } = writing()

  for (const item of [2, 0, 1]) await writer.add(item, success(item))
  await writer.flush()

  expect(text()).toBe([0, 1, 2].map((n) => `{"outcome":"success","result":${n}}\n`).join(''))
})

test('in completion order each line carries its index', async () => {
  const { writer, text } = writing({ order: 'completion' })

  await writer.add(1, { outcome: 'skipped', reason: 'no' })
  await writer.add(0, { outcome: 'failed', error: { code: 'TIMEOUT', message: 'late' } })
  await writer.flush()

  expect(text()).toBe(
    '{"index":1,"outcome":"skipped","reason":"no"}\n{"index":0,"outcome":"failed","error":{"code":"TIMEOUT","message":"late"}}\n',
  )
  expect(writer.counts).toEqual({ success: 0, skipped: 1, failed: 1 })
})

test('a result that is undefined is null in the file', async () => {
  const { writer, text } = writing()

  await writer.add(0, success(undefined))
  await writer.flush()

  expect(text()).toBe('{"outcome":"success","result":null}\n')
})

test('a result that cannot be JSON fails its item instead of the batch', async () => {
  const { writer, text } = writing()

  await writer.add(0, success(10n))
  await writer.flush()

  expect(JSON.parse(text()).error.code).toBe('COMPONENT_FAILED')
})

test('writes that take only a part are continued', async () => {
  const { writer, text } = writing({
    write: async (fd, bytes) => writeSync(fd, bytes.subarray(0, Math.min(3, bytes.length))),
  })

  for (let i = 0; i < 20; i++) await writer.add(i, success(i))
  await writer.flush()

  expect(text().trim().split('\n')).toHaveLength(20)
})

test('few results that end during a write are gathered, and do not go out one by one', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const batches: string[] = []
  let done = () => {}
  const { writer } = writing({
    write(_, bytes) {
      batches.push(bytes.toString())
      return new Promise((resolve) => {
        done = () => resolve(bytes.length)
      })
    },
  })
  await writer.add(0, success(0))
  vi.advanceTimersByTime(20)
  await writer.add(1, success(1))

  done()
  await new Promise(setImmediate)
  await writer.add(2, success(2))
  vi.advanceTimersByTime(20)

  expect(batches.map((batch) => batch.split('\n').length - 1)).toEqual([1, 2])
  done()
})

test('on a full disk the file ends with a whole line', async () => {
  let room = 100
  const { writer, text } = writing({
    async write(fd, bytes) {
      if (room === 0) throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })
      const count = writeSync(fd, bytes.subarray(0, Math.min(room, bytes.length)))
      room -= count
      return count
    },
  })

  for (let i = 0; i < 20; i++) writer.add(i, success(i))
  await expect(writer.flush()).rejects.toThrow('the disk has no space left for results.jsonl')

  const lines = text().split('\n')
  expect(lines.pop()).toBe('')
  expect(lines.map((line) => JSON.parse(line).result)).toEqual([0, 1, 2])
  expect(writer.written).toBe(3)
})

test('who adds waits while the reader is slow, and goes on when it has caught up', async () => {
  let letGo = () => {}
  const gate = new Promise<void>((resolve) => {
    letGo = resolve
  })
  const { writer, text } = writing({
    async write(fd, bytes) {
      await gate
      return writeSync(fd, bytes)
    },
  })
  const big = 'x'.repeat(1 << 20)
  let waited: Promise<void> | undefined
  let added = 0
  while (!waited && added < 100) waited = writer.add(added++, success(big))

  expect(added).toBeLessThan(20)
  letGo()
  await waited
  await writer.flush()
  expect(text().trim().split('\n')).toHaveLength(added)
})

test('early results wait in bounded number, until the one before them is there', async () => {
  const { writer } = writing()
  let waited: Promise<void> | undefined
  let item = 1
  while (!waited && item < 100_000) waited = writer.add(item++, success(null))

  expect(item).toBeLessThan(20_000)
  writer.add(0, success(null))
  await waited
  await writer.flush()
  expect(writer.written).toBe(item)
})

test('resuming keeps whole lines and cuts a torn one off', () => {
  const { file, text } = writing()
  writeFileSync(
    file,
    '{"outcome":"success","result":1}\n{"outcome":"failed","error":{"code":"X","message":""}}\n{"outco',
  )

  const kept = readKept(file, 'input')

  expect(kept.lines).toBe(2)
  expect(kept.counts).toEqual({ success: 1, skipped: 0, failed: 1 })
  expect([0, 1, 2].map(kept.isDone)).toEqual([true, true, false])
  expect(text().endsWith('}\n')).toBe(true)
})

test('resuming in completion order knows the items by their index', () => {
  const { file } = writing()
  writeFileSync(file, '{"index":5,"outcome":"success","result":1}\n{"index":90000,"outcome":"skipped","reason":"r"}\n')

  const kept = readKept(file, 'completion')

  expect([0, 4, 5, 6, 90000].map(kept.isDone)).toEqual([false, false, true, false, true])
})

test('resuming in another order than it was begun is refused', () => {
  const { file } = writing()
  writeFileSync(file, '{"index":5,"outcome":"success","result":1}\n')

  expect(() => readKept(file, 'input')).toThrow('begun with --order completion')
})

test('a file that is no output of a batch is refused and left as it is', () => {
  const { file, text } = writing()
  writeFileSync(file, 'dear diary\nnot JSON')

  expect(() => readKept(file, 'input')).toThrow('is not a result of a batch')
  expect(text()).toBe('dear diary\nnot JSON')
})

test('an output that is not there yet holds nothing', () => {
  expect(readKept(join(folder, 'none.jsonl'), 'input').lines).toBe(0)
})
