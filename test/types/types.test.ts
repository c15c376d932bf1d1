// Programs that must compile do; programs that must not are refused, where they say and with the words that they say.

import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { root } from '../stepflow.ts'

const here = join(root, 'test/types')
const good = readdirSync(join(here, 'must-compile')).map((name) => `must-compile/${name}`)
const bad = readdirSync(join(here, 'must-not-compile')).map((name) => `must-not-compile/${name}`)

interface Finding {
  readonly file: string
  readonly line: number
  message: string
}

/** What one compiler says of all files of a project. */
function compiled(project: string, ...options: readonly string[]): string {
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  return spawnSync(process.execPath, [tsc, '-p', project, '--pretty', 'false', ...options], {
    cwd: here,
    encoding: 'utf8',
  }).stdout
}

/** What it found, with the lines that go with it. */
function findingsIn(said: string): Finding[] {
  const findings: Finding[] = []
  for (const text of said.split('\n')) {
    const [, file, line, message] = /^(.+?)\((\d+),\d+\): error (.*)$/.exec(text) ?? []
    if (file && line && message) findings.push({ file, line: Number(line), message })
    else if (text.trim() !== '' && findings.length > 0) (findings.at(-1) as Finding).message += `\n${text}`
  }
  return findings
}

describe('types', () => {
  const findings = findingsIn(compiled(here))
  const of = (file: string) => findings.filter((found) => found.file.endsWith(file))

  test('are tried by enough programs', () => {
    expect(bad.length).toBeGreaterThanOrEqual(40)
    expect(good.length).toBeGreaterThanOrEqual(20)
  })

  for (const file of good) test(file, () => expect(of(file)).toEqual([]))

  for (const file of bad) {
    test(file, () => {
      const lines = readFileSync(join(here, file), 'utf8').split('\n')
      const at = lines.findIndex((line) => line.trim().startsWith('// error: '))
      const expected = lines[at]?.trim().slice('// error: '.length) as string

      const met = of(file).filter(({ message }) => message.includes(expected))

      expect(met, JSON.stringify(of(file), null, 1)).not.toEqual([])
      // The error may be anywhere in the statement below the comment.
      expect(met[0]?.line).toBeGreaterThan(at + 1)
    })
  }

  test('cost the compiler the same for each step of a flow, however long it is', () => {
    const [short, long] = [100, 200].map(workOf) as [number, number]

    expect((long - short) / 100).toBeLessThan(50)
  })
})

/** How many types the compiler makes for a flow of so many steps, and how often it fills in a generic one. */
function workOf(length: number): number {
  const folder = join(root, 'node_modules/.cache/stepflow-types')
  mkdirSync(folder, { recursive: true })
  const steps = Array.from({ length }, (_, i) => {
    const given = i === 0 ? 'input' : `{ n: s${i - 1}.n, user: s${i - 1}.user }`
    return `  const s${i} = step('s${i}', work, ${given}, { retry: { maxAttempts: 2 } })`
  })
  const type = '{ n: number; user: { name: string; tags: string[]; address: { city: string } | null } }'
  const text = [
    "import { component, defineFlow, shape } from 'stepflow'",
    `type Work = ${type}`,
    "const work = component('work', { input: shape<Work>(), output: shape<Work>() }, (x) => x)",
    "export const flow = defineFlow('long', { input: shape<Work>() }, ({ input, step }) => {",
    ...steps,
    `  return s${length - 1}.user.address.city`,
    '})',
  ].join('\n')
  writeFileSync(join(folder, 'long.ts'), text)
  const config = { extends: join(here, 'tsconfig.json'), include: ['long.ts'] }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
  const said = compiled(folder, '--extendedDiagnostics')
  expect(findingsIn(said)).toEqual([])
  rmSync(folder, { recursive: true })
  return counted(said, 'Types') + counted(said, 'Instantiations')
}

function counted(said: string, what: string): number {
  return Number(new RegExp(`^${what}: +(\\d+)`, 'm').exec(said)?.[1])
}
