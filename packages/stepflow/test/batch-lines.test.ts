import { closeSync, openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { RefusedInput } from '@stepflow/engine'
import { type ReadLinesOptions, readLines } from '@stepflow/host'
import { afterAll, expect, test } from 'vitest'
import { newFolder } from '../../../test/new-folder.ts'
import { countLines } from '../src/cli/batch/count-lines.ts'
import { fileReader } from '../src/cli/batch/open-files.ts'

const folder = newFolder()
const open: number[] = []
afterAll(() => open.forEach((fd) => void closeSync(fd)))

interface Seen {
  values: unknown[]
  items: number[]
  bad: [number, string][]
}

type Options = Partial<ReadLinesOptions> & { readonly chunkBytes?: number }

/** `items`: the numbers of the good lines. */
async function readAll(content: string | Buffer, { chunkBytes, ...options }: Options = {}): Promise<Seen> {
  const file = join(folder, `${open.length}.jsonl`)
  writeFileSync(file, content)
  const fd = openSync(file, 'r')
  open.push(fd)
  const seen: Seen = { values: [], items: [], bad: [] }
  const lines = readLines({ read: fileReader(fd, chunkBytes), ...options })
  let count = 0
  for await (const value of lines.values) {
    const item = lines.itemOf(count++)
    if (value instanceof RefusedInput) seen.bad.push([item, value.message])
    else {
      seen.items.push(item)
      seen.values.push(value)
    }
  }
  return seen
}

test('each line is a value, with or without a line break at the end', async () => {
  expect((await readAll('1\n{"a":2}\n')).values).toEqual([1, { a: 2 }])
  expect((await readAll('1\n{"a":2}')).values).toEqual([1, { a: 2 }])
})

test('an empty file has no items', async () => {
  expect((await readAll('')).values).toEqual([])
})

test('a byte order mark, carriage returns and blank lines are no items', async () => {
  const { values, bad } = await readAll('\ufeff1\r\n\r\n  \t\n2\r\n\n')

  expect(values).toEqual([1, 2])
  expect(bad).toEqual([])
})

test('a line that is not JSON is an item with its line number, and the others go on', async () => {
  const { values, items, bad } = await readAll('1\n\nnope\n2\n{"a":\n3\n')

  expect(values).toEqual([1, 2, 3])
  expect(items).toEqual([0, 2, 4])
  expect(bad.map(([item]) => item)).toEqual([1, 3])
  expect(bad[0]?.[1]).toMatch(/^line 3 is not JSON: /)
  expect(bad[1]?.[1]).toMatch(/^line 5 is not JSON: /)
})

test('a character that the end of a chunk cuts in two is whole', async () => {
  const content = Array.from({ length: 50 }, (_, i) => JSON.stringify({ i, text: 'ü€😀'.repeat(7) })).join('\n')

  for (const chunkBytes of [1, 2, 3, 5, 7, 64, 333]) {
    const { values } = await readAll(content, { chunkBytes })
    expect(values).toHaveLength(50)
    expect(values[49]).toEqual({ i: 49, text: 'ü€😀'.repeat(7) })
  }
})

test('a byte order mark that comes byte by byte is still no part of the first line', async () => {
  expect((await readAll('\ufeff1\n2', { chunkBytes: 1 })).values).toEqual([1, 2])
})

test('bytes that are not UTF-8 spoil their own line only', async () => {
  const { values, bad } = await readAll(
    Buffer.concat([Buffer.from('1\n"'), Buffer.from([0xff]), Buffer.from('"\n3\n')]),
  )

  expect(values).toEqual([1, 3])
  expect(bad).toEqual([[1, 'line 2 is not JSON: it holds bytes that are not UTF-8']])
})

test('a number that no number can hold spoils its line, and does not become null', async () => {
  const many = '9'.repeat(400)

  const { values, bad } = await readAll(`1\n{"a":[1e999]}\n-${many}\n"1e999 ${many}"\n1e-999\n1e300\n`)

  expect(values).toEqual([1, `1e999 ${many}`, 0, 1e300])
  expect(bad.map(([item]) => item)).toEqual([1, 2])
  expect(bad[0]?.[1]).toContain('a number that is too large')
})

test('a line of 50 MB is an ordinary line', async () => {
  const long = 'x'.repeat(50_000_000)

  const { values } = await readAll(`1\n${JSON.stringify(long)}\n3\n`)

  expect(values[0]).toBe(1)
  expect((values[1] as string).length).toBe(50_000_000)
  expect(values[2]).toBe(3)
})

test('a line beyond the limit fails alone and is never held', async () => {
  const { values, bad } = await readAll(`1\n"${'x'.repeat(5000)}"\n3\n`, { chunkBytes: 512, maxLineBytes: 1000 })

  expect(values).toEqual([1, 3])
  expect(bad).toEqual([[1, 'line 2 is not JSON: it is longer than 1000 bytes']])
})

test('lines that are done are passed over but keep their numbers', async () => {
  const { values, items } = await readAll('0\n1\nbad\n3\n4\n', { isDone: (item) => item < 3 })

  expect(values).toEqual([3, 4])
  expect(items).toEqual([3, 4])
})

test('a bad line that is done is passed over too, wherever it stands', async () => {
  const { items, bad } = await readAll('bad\n1\nbad\n3\n4\n', { isDone: (item) => item === 0 || item === 3 })

  expect(items).toEqual([1, 4])
  expect(bad.map(([item]) => item)).toEqual([2])
})

test('a line of more than 1,000 levels is refused for that, one of 1,000 is not', async () => {
  const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)

  const { items, bad } = await readAll(`${nested(1000)}\n${nested(1001)}\n${nested(20_000)}\n1\n`)

  expect(items).toEqual([0, 3])
  expect(bad).toEqual([
    [1, 'line 2 has more than 1000 levels of lists and objects'],
    [2, 'line 3 has more than 1000 levels of lists and objects'],
  ])
})

test('no more lines are taken than asked for, those passed over among them', async () => {
  expect((await readAll('0\n1\nbad\n3\n', { limit: 2 })).values).toEqual([0, 1])
  expect((await readAll('0\n\n1\n2\n3\n', { limit: 3, isDone: (item) => item < 1 })).values).toEqual([1, 2])
})

test.each(['', '\n', '1', '1\n', '\ufeff1\r\n\r\n2\r\n', '\ufeff\n1', 'x\n \t\ny', `${'x'.repeat(3 << 20)}\n1`])(
  'lines are counted as they are read (%#)',
  async (content) => {
    const { values, bad } = await readAll(content)
    const fd = open.at(-1) as number

    expect(await countLines(fd)).toBe(values.length + bad.length)
    expect(await countLines(fd, 1)).toBe(Math.min(1, values.length + bad.length))
  },
)

test('__proto__ in a line is a key like any other', async () => {
  const { values } = await readAll('{"__proto__":{"x":1}}')

  expect(Object.keys(values[0] as object)).toEqual(['__proto__'])
  expect((values[0] as { x?: number }).x).toBeUndefined()
})

test('what has been read is let go', async () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const file = join(folder, 'long.jsonl')
  const line = `"${'x'.repeat(1023)}"\n`
  writeFileSync(file, line.repeat(32_768))
  const fd = openSync(file, 'r')
  open.push(fd)
  const lines = readLines({ read: fileReader(fd) })
  collect()
  const before = process.memoryUsage().heapUsed

  let count = 0
  let held = 0
  for await (const _ of lines.values) {
    if (++count !== 32_000) continue
    collect()
    held = process.memoryUsage().heapUsed - before
  }

  expect(count).toBe(32_768)
  expect(held).toBeLessThan(8 << 20)
})
