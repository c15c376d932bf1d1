// The script for bash, asked as bash asks it.

import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { commands } from '../src/cli/command-table.ts'
import { folder } from './command-line.ts'

/** What is offered after these words; the last is the one that is being typed. */
async function offered(...words: string[]): Promise<string[]> {
  const here = folder({})
  const { out } = await here.run('completion', 'bash')
  here.remove()
  const ask = `COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _stepflow; printf '%s\\n' "\${COMPREPLY[@]}"`
  const { stdout, stderr } = spawnSync('bash', ['-c', `${out}\n${ask}`], { encoding: 'utf8' })
  expect(stderr).toBe('')
  return stdout.split('\n').filter(Boolean)
}

test('formats are those of the command that is typed', async () => {
  expect(await offered('stepflow', 'visualize', '--format', '')).toEqual(['ascii', 'mermaid', 'dot', 'svg', 'png'])
  expect(await offered('stepflow', 'components', '--format', '')).toEqual(['pretty', 'json', 'yaml'])
  expect(await offered('stepflow', 'list-components', '--format', 'p')).toEqual(['pretty'])
})

test('a value is offered after an equals sign, too', async () => {
  expect(await offered('stepflow', 'run', '--order', '=')).toEqual(['input', 'completion'])
  expect(await offered('stepflow', 'run', '--order', '=', 'c')).toEqual(['completion'])
})

test('actions and shells are offered where they stand', async () => {
  expect(await offered('stepflow', 'runs', '')).toEqual(expect.arrayContaining(['list', 'show', 'rerun']))
  expect(await offered('stepflow', 'runs', 'sh')).toEqual(['show'])
  expect(await offered('stepflow', 'completion', '')).toEqual(['bash', 'zsh', 'fish'])
  expect(await offered('stepflow', 'runs', 'show', '')).toEqual([])
})

test('options of a command with actions are those of the action that is typed', async () => {
  expect(await offered('stepflow', 'runs', 'rerun', '--dry')).toEqual(['--dry-run'])
  expect(await offered('stepflow', 'runs', 'list', '--dry')).toEqual([])
  expect(await offered('stepflow', 'runs', '--sin')).toEqual(['--since'])
})

test('options are those of the command', async () => {
  expect(await offered('stepflow', 'convert', '--t')).toEqual(['--to'])
  expect(await offered('stepflow', 'con')).toEqual(['convert'])
  expect(await offered('stepflow', 'run', 'flow.yaml', '--ord')).toEqual(['--order'])
})

test('the words of a command are those that it takes', async () => {
  const here = folder({})
  for (const { load } of commands) {
    const { name, words = [] } = await load()
    for (const word of words) {
      const { err } = await here.run(name, word)
      expect(err, `${name} ${word}`).not.toMatch(/there is no action|does not know/)
    }
  }
  here.remove()
})
