// The conformance flows, run as a user would run them: by the command line, each with its own cases.

import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import type { Diagnostic } from '@stepflow/engine'
import { describe, expect, test } from 'vitest'
import { root, stepflow } from './stepflow.ts'

const folders = ['conformance/stepflow', 'conformance/manifest']
const yamlIn = (path: string) => readdirSync(`${root}/${path}`).filter((name) => name.endsWith('.yaml'))

interface Report {
  files: { file: string; status: string; cases?: { name: string; passed: boolean }[] }[]
}

describe.each(folders)('%s: flows that run', (folder) => {
  const files = yamlIn(folder).map((name) => `${folder}/${name}`)
  const { stdout } = spawnSync(process.execPath, [stepflow, 'test', '--json', ...files], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  })
  const report = JSON.parse(stdout) as Report

  for (const path of files) {
    const found = report.files.find(({ file }) => file === path)
    describe(path, () => {
      test('loads', () => expect(found?.status).toBe('tested'))
      for (const { name, passed } of found?.cases ?? []) test(name, () => expect(passed).toBe(true))
    })
  }
})

describe.each(folders)('%s: flows that do not load', (folder) => {
  for (const name of yamlIn(`${folder}/invalid`)) {
    test(name, () => {
      const file = `${folder}/invalid/${name}`
      const text = readFileSync(`${root}/${file}`, 'utf8')
      const { stdout } = spawnSync(process.execPath, [stepflow, 'validate', file, '--json'], {
        cwd: root,
        encoding: 'utf8',
      })
      const { diagnostics } = JSON.parse(stdout) as { diagnostics: Diagnostic[] }
      const wanted = expectations(text)
      const found = diagnostics.map((d) => ({ ...d, text: `${d.message}\n${d.hint ?? ''}` }))

      for (const { level, line, pattern } of wanted) {
        const isMet = found.some(
          (d) => isLevel(d.level, level) && (line === undefined || d.line === line) && pattern.test(d.text),
        )
        expect(isMet, `${level} ${line ?? ''} ${pattern} in\n${JSON.stringify(diagnostics, null, 1)}`).toBe(true)
      }
      const unexpected = found.filter(
        (d) =>
          isLevel(d.level, 'error') &&
          !wanted.some((w) => (w.line === undefined || w.line === d.line) && w.pattern.test(d.text)),
      )
      expect(unexpected).toEqual([])
    })
  }
})

function expectations(text: string) {
  return [...text.matchAll(/^# expect: (error|warning)(?: line (\d+))? \/(.*)\/([a-z]*)\s*$/gm)].map((match) => ({
    level: match[1] as string,
    line: match[2] === undefined ? undefined : Number(match[2]),
    pattern: new RegExp(match[3] as string, match[4]),
  }))
}

function isLevel(level: string, wanted: string): boolean {
  return level === wanted || (wanted === 'error' && level === 'fatal')
}
