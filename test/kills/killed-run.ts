// Runs a flow by the real program, has it killed, looks at what is recorded. For the tests of survival.

import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createSqliteStore } from '@stepflow/store-sqlite'
import { newFolder } from '../new-folder.ts'
import { root, stepflow } from '../stepflow.ts'

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly out: string
  readonly err: string
}

export interface Bench {
  readonly folder: string
  /** Runs the program to its end, or to its death. */
  run(words: readonly string[], death?: { readonly at?: string; readonly afterMs?: number }): Promise<Ended>
  /** Every call of a component so far, as `RUN ITEM STEP`, in order. */
  calls(): string[]
  /** The steps that are recorded as done, named like calls. */
  recorded(): Promise<Set<string>>
}

const STEPS = `import { appendFileSync } from 'node:fs'
const note = (context) => appendFileSync('calls.log', [context.runId, context.itemIndex, context.stepId].join(' ') + '\\n')
export function double(input, context) { note(context); return { n: input.n * 2 } }
export async function slow(input, context) { note(context); await new Promise((go) => setTimeout(go, input.ms)); return { n: input.n + 1 } }
export function flaky(input, context) {
  note(context)
  if (context.attempt === 1) throw new Error('the first time')
  return { n: input.n }
}
`
const CONFIG = `plugins:
  builtin: { type: builtin }
  steps: { type: module, path: ./steps.mjs }
routes:
  "/steps/{*component}": [{ plugin: steps }]
  "/{*component}": [{ plugin: builtin }]
`

/** A folder with a flow whose steps call functions that note each call in a file before they do anything else. */
export function benchWith(flow: string): Bench {
  const folder = newFolder({ 'flow.yaml': flow, 'calls.log': '', 'steps.mjs': STEPS, 'stepflow-config.yml': CONFIG })
  const log = join(folder, 'calls.log')
  return {
    folder,
    run: (words, death = {}) => runProgram(folder, words, death),
    calls: () => readFileSync(log, 'utf8').split('\n').filter(Boolean),
    recorded: () => recordedSteps(join(folder, 'runs.db')),
  }
}

// ---

function runProgram(
  folder: string,
  words: readonly string[],
  { at, afterMs }: { readonly at?: string; readonly afterMs?: number },
): Promise<Ended> {
  const preload = at === undefined ? [] : ['--require', `${root}/test/kills/kill-at-commit.cjs`]
  const child = spawn(process.execPath, [...preload, stepflow, ...words], {
    cwd: folder,
    env: { ...process.env, NO_COLOR: '1', ...(at === undefined ? {} : { KILL_AT: at }) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const timer = afterMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), afterMs)
  const texts = { out: '', err: '' }
  child.stdout.on('data', (chunk) => {
    texts.out += chunk
  })
  child.stderr.on('data', (chunk) => {
    texts.err += chunk
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      resolve({ code, signal, ...texts })
    })
  })
}

async function recordedSteps(path: string): Promise<Set<string>> {
  const done = new Set<string>()
  const store = await createSqliteStore({ path })
  try {
    for (const { id } of (await store.runs.list()).rows) {
      const [created] = (await store.read(`${id}/0`))[0]?.entries ?? []
      const plan = created?.type === 'created' ? created.plan : undefined
      for (const { journal } of await store.runs.shards(id)) {
        for (const { entries } of await store.read(journal)) {
          for (const entry of entries) {
            if (entry.type === 'settled' && !entry.derived)
              done.add(`${id} ${entry.item} ${plan?.steps[entry.step]?.id}`)
          }
        }
      }
    }
  } finally {
    await store.close()
  }
  return done
}
