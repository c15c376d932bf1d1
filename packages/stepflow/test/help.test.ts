// The help of every command, on terminals of any width.

import { expect, test } from 'vitest'
import type { Command } from '../src/cli/command.ts'
import { commands } from '../src/cli/command-table.ts'
import { helpOf, overview } from '../src/cli/help.ts'

const loaded = await Promise.all(commands.map((one) => one.load()))
const all: readonly Command[] = loaded.flatMap((command) => [command, ...(command.actions ?? [])])
const texts = (width?: number) => [overview(loaded, '1.0.0', width), ...all.map((command) => helpOf(command, width))]
const words = (text: string) =>
  text
    .replaceAll(/ \\\n/g, ' ')
    .split(/\s+/)
    .filter((word) => word !== '#')

test.each([36, 40, 80, 120])(
  'at %i columns no line of help is longer than the terminal is wide, unless one word is',
  (width) => {
    const wide = texts(width)
      .flatMap((text) => text.split('\n'))
      .filter((line) => line.length > width)

    // Of a command line, what stands in quotes is one word.
    expect(wide.filter((line) => /\S\s+\S/.test(line.replaceAll(/'[^']*'|"[^"]*"/g, 'x').replace(/ \\$/, '')))).toEqual(
      [],
    )
  },
)

test.each([36, 40, 80])('at %i columns the help has the words that it has in a pipe', (width) => {
  expect(texts(width).map(words)).toEqual(texts().map(words))
})

test('at 40 columns an example is broken as a shell lets it be', () => {
  const run = loaded.find(({ name }) => name === 'run') as Command

  expect(helpOf(run, 40)).toContain(
    ['  stepflow run flow.yaml \\', '    --inputs items.jsonl \\', '    --output results.jsonl --resume'].join('\n'),
  )
})
