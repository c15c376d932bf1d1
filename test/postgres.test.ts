// Runs in PostgreSQL as users have them: by the command line, and what flows mean there as anywhere.

import { spawn, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { get, readSource, textOf, toJson } from '@stepflow/dialects'
import { own } from '@stepflow/engine'
import { loadConfig, openProject, readConfig } from '@stepflow/host'
import { casesOf, mismatch, normalised } from '@stepflow/host/cases'
import { describe, expect, test, vi } from 'vitest'
import { withPostgres } from '../packages/store-postgres/test/with-postgres.ts'
import { newFolder } from './new-folder.ts'
import { root, stepflow } from './stepflow.ts'

interface Serving {
  readonly url: string
  kill(): Promise<unknown>
}

const WITHIN = { timeout: 50_000 }

await withPostgres((server) => {
  const home = newFolder()
  const flow = `name: double\nsteps: [{ id: a, component: /builtin/noop, input: { $input: "$" } }]\noutput: { $step: a }\n`
  writeFileSync(join(home, 'flow.yaml'), flow)
  const waiting = `name: w
steps:
  - { id: noted, component: /builtin/noop, input: { at: 1 } }
  - { id: told, component: /builtin/wait_for_signal, needs: [noted], input: { name: go } }
output: { noted: { $step: noted }, told: { $step: told } }
`
  writeFileSync(join(home, 'waiting.yaml'), waiting)
  const run = (words: string[], env: Record<string, string> = {}) => {
    const options = { cwd: home, encoding: 'utf8' as const, env: { ...process.env, ...env } }
    return spawnSync(process.execPath, [stepflow, ...words], options)
  }

  const serving = async (store: readonly string[]): Promise<Serving> => {
    const words = [stepflow, 'serve', '--port', '0', '--json', ...store]
    const child = spawn(process.execPath, words, { cwd: home, stdio: ['ignore', 'pipe', 'ignore'] })
    const gone = new Promise((resolve) => child.once('exit', resolve))
    let printed = ''
    child.stdout.on('data', (text) => {
      printed += text
    })
    await vi.waitFor(() => expect(printed).toContain('\n'), WITHIN)
    return {
      url: JSON.parse(printed).url,
      async kill() {
        child.kill('SIGKILL')
        await gone
      },
    }
  }

  describe('the command line', () => {
    test('runs a flow in a database, and finds it there', () => {
      const ran = run(['run', 'flow.yaml', '--input-json', '{"n":1}', '--store', server.url])
      expect([ran.status, ran.stdout], ran.stderr).toEqual([0, '{"outcome":"success","result":{"n":1}}\n'])

      const listed = run(['runs', 'list', '--json'], { STEPFLOW_STORE: server.url })
      expect(JSON.parse(listed.stdout)).toMatchObject([{ flowName: 'double', status: 'completed' }])
      expect(run(['runs', 'show', JSON.parse(listed.stdout)[0].runId, '--store', server.url]).stdout).toContain(
        'double',
      )
    })

    test('a run whose process was killed goes on with another, and nothing of it is done again', async () => {
      const store = ['--store', `${server.url}?schema=killed`]
      const words = [stepflow, 'run', 'waiting.yaml', '--input-json', '1', ...store]
      const child = spawn(process.execPath, words, { cwd: home, stdio: ['ignore', 'ignore', 'pipe'] })
      let said = ''
      for await (const text of child.stderr) {
        said += text
        if (said.includes('waits for the signal')) break
      }
      expect(said).not.toContain('s3cr')
      child.kill('SIGKILL')
      const id = /^run (\S+)/m.exec(said)?.[1] as string
      const sent = run(['runs', 'signal', id, 'go', '--input-json', '{"by":"me"}', ...store])
      expect(sent.status, sent.stderr).toBe(0)
      const resumed = run(['runs', 'resume', id, ...store])
      expect(resumed.stdout, resumed.stderr).toBe(
        '{"outcome":"success","result":{"noted":{"at":1},"told":{"by":"me"}}}\n',
      )
    })

    test('runs a batch that a configuration sends there', () => {
      const config = `state_store: { type: postgres, url: "${server.url}?schema=batch" }\n`
      writeFileSync(join(home, 'stepflow-config.yml'), config)
      const lines = Array.from({ length: 300 }, (_, n) => `{"n":${n}}\n`)
      writeFileSync(join(home, 'in.jsonl'), lines.join(''))
      const ran = run(['run', 'flow.yaml', '--inputs', 'in.jsonl', '--output', 'out.jsonl'])
      expect(ran.status, ran.stderr).toBe(0)
      const results = readFileSync(join(home, 'out.jsonl'), 'utf8').trim().split('\n')
      expect(results.map((line) => JSON.parse(line).result.n)).toEqual(lines.map((_, n) => n))
      rmSync(join(home, 'stepflow-config.yml'))
    })

    test('a database that is not there is said, and no password', () => {
      const wrong = {
        'nobody listens': [3, 'postgres://me:geheim@127.0.0.1:1/runs'],
        'no such database': [2, server.url.replace('/postgres?', '/nowhere?').replace(/postgres$/, 'nowhere')],
        'no URL': [2, 'postgres://me:geheim@127.0.0.1:1 /runs'],
        'no such schema': [2, `${server.url}?schema=Pg%20_x`],
      } as const
      for (const [what, [status, url]] of Object.entries(wrong)) {
        const { status: code, stderr, stdout } = run(['runs', 'list', '--store', url])
        expect([what, code, stdout]).toEqual([what, status, ''])
        expect(stderr).not.toMatch(/geheim|s3cr|^\s+at /m)
      }
    })

    test('serve waits for a database that is not there yet, and stays when it restarts', async () => {
      const words = [stepflow, 'serve', '--port', '0', '--json', '--store', `${server.url}?schema=served`]
      let child: ReturnType<typeof spawn> | undefined
      let [said, printed] = ['', '']
      await server.restart('SIGINT', async () => {
        child = spawn(process.execPath, words, { cwd: home, stdio: ['ignore', 'pipe', 'pipe'] })
        child.stdout?.on('data', (text) => {
          printed += text
        })
        child.stderr?.on('data', (text) => {
          said += text
        })
        await vi.waitFor(() => expect(said).toContain('waiting for the store'), { timeout: 50_000 })
      })
      const gone = new Promise((resolve) => child?.once('exit', resolve))
      try {
        await vi.waitFor(() => expect(printed).toContain('\n'), { timeout: 50_000 })
        const { url } = JSON.parse(printed)
        const runs = async () => (await fetch(`${url}/api/v1/runs`)).status
        expect(await runs()).toBe(200)
        await server.restart('SIGQUIT')
        await vi.waitFor(async () => expect(await runs()).toBe(200), { timeout: 50_000 })
        expect(said).not.toContain('s3cr')
      } finally {
        child?.kill('SIGTERM')
        await gone
      }
    })

    test('a server that was killed is followed by another, which ends what it had in hand', async () => {
      const store = ['--store', `${server.url}?schema=two`]
      const first = await serving(store)
      const submitted = run(['submit', 'waiting.yaml', '--input-json', '1', '--detach', '--url', first.url])
      await first.kill()
      expect(submitted.status, submitted.stderr).toBe(0)
      const id = submitted.stdout.trim()

      const second = await serving(store)
      try {
        const sent = run(['runs', 'signal', id, 'go', '--input-json', '{"by":"me"}', '--url', second.url])
        expect(sent.status, sent.stderr).toBe(0)
        const shown = async () => (await fetch(`${second.url}/api/v1/runs/${id}`)).json()
        await vi.waitFor(async () => expect(await shown()).toMatchObject({ status: 'completed' }), WITHIN)
      } finally {
        await second.kill()
      }
    })

    test('brings a schema to its version, and says what there is to do', () => {
      const url = `${server.url}?schema=fresh`
      const check = run(['migrate', '--check', '--store', url])
      const version = /^schema 0 is to become (\d+)\n$/.exec(check.stdout)?.[1]
      expect([check.status, version]).toEqual([1, expect.stringMatching(/\d/)])
      expect(run(['migrate', '--store', url]).stdout).toBe(`schema 0 has become ${version}\n`)
      const again = run(['migrate', '--check', '--store', url])
      expect([again.status, again.stdout]).toEqual([0, `schema ${version} is this version\n`])
    })
  })

  describe.each(['conformance/stepflow', 'conformance/manifest'])('%s, in PostgreSQL', (folder) => {
    const files = readdirSync(`${root}/${folder}`).filter((name) => name.endsWith('.yaml'))
    test.concurrent.each(files)('%s', async (name) => {
      const file = `${folder}/${name}`
      const { node } = readSource(readFileSync(`${root}/${file}`, 'utf8'), { file })
      const cases = casesOf(node && toJson(node))
      const config = await configOf(get(node, 'test'), file)
      const options = { file, cwd: root, env: process.env as Record<string, string>, purpose: 'test' as const }
      const store = { type: 'postgres', url: `${server.url}?schema=flows` } as const
      const project = await openProject({ ...options, store, log: () => {}, ...(config ? { config } : {}) })
      try {
        const { plan } = project
        if (!plan) throw new Error('it does not load')
        const absent = own(plan.schemas?.input, 'default') ?? {}
        const { results } = await project.engine.submit(
          plan,
          cases.map(({ input }) => (input === undefined ? absent : input)),
        )
        for await (const { index, outcome } of results('input')) {
          const actual = normalised(
            outcome.outcome === 'success' ? { ...outcome, result: outcome.result ?? null } : outcome,
          )
          expect(mismatch(cases[index]?.output, actual), cases[index]?.name).toBeUndefined()
        }
      } finally {
        await project.close()
      }
    })
  })
})

/** What a flow's tests bring along. */
async function configOf(section: ReturnType<typeof get>, file: string) {
  const inline = get(section, 'config') ?? get(section, 'stepflow_config')
  const named = textOf(get(section, 'config_file') ?? get(section, 'configFile'))
  const directory = dirname(join(root, file))
  const env = process.env as Record<string, string>
  if (named !== undefined) {
    return loadConfig({ path: join(directory, named), flowFile: file, cwd: root, env, purpose: 'test' })
  }
  return inline && readConfig(inline, { directory, env, file, path: '$.test.config' })
}
