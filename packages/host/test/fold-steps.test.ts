// The fold of a journal into the states of its steps, over what every conformance flow really writes.

import { readdirSync, readFileSync } from 'node:fs'
import { get, readSource, toJson } from '@stepflow/dialects'
import { criticalPath, foldSteps, isRecord, type JournalEntry, own, type Plan } from '@stepflow/engine'
import { describe, expect, test } from 'vitest'
import { root } from '../../../test/stepflow.ts'
import { readConfig } from '../src/config/read-config.ts'
import { openProject } from '../src/flows/open-project.ts'

/** The cases of a flow, run to their end: what was written of them. */
async function record(file: string): Promise<{ readonly plan: Plan; readonly items: number; entries: JournalEntry[] }> {
  const directory = file.slice(0, file.lastIndexOf('/'))
  const { node } = readSource(readFileSync(file, 'utf8'), { file })
  const tests = get(node, 'test')
  const inline = get(tests, 'config') ?? get(tests, 'stepflow_config')
  const config = inline && readConfig(inline, { directory, env: {}, file, path: '$.test.config' })
  const project = await openProject({ file, cwd: root, env: {}, purpose: 'test', config })
  try {
    const { plan } = project
    if (!plan) throw new Error(project.diagnostics.map(({ message }) => message).join('; '))
    const cases = node ? own(own(toJson(node), 'test'), 'cases') : undefined
    const inputs = (Array.isArray(cases) ? cases : []).map((one) => own(one, 'input') ?? {})
    const entries: JournalEntry[] = []
    const run = await project.engine.submit(plan, inputs, { watch: (some) => entries.push(...some) })
    await run.ended
    return { plan, items: inputs.length, entries }
  } finally {
    await project.close()
  }
}

function told(plan: Plan, item: number, feed: (see: (some: readonly JournalEntry[], until?: number) => void) => void) {
  const fold = foldSteps(plan, item)
  feed(fold.see)
  return { steps: fold.steps, path: criticalPath(fold) }
}

describe.each(['conformance/stepflow', 'conformance/manifest'])('%s', (folder) => {
  const files = readdirSync(`${root}/${folder}`).filter((name) => name.endsWith('.yaml'))

  test.each(files)('%s: folded whole, entry by entry, and up to a moment, it says the same', async (name) => {
    const { plan, items, entries } = await record(`${root}/${folder}/${name}`)
    // Of several items that run at the same time, the middle of what was written is in the middle of them.
    const middle = entries[entries.length >> 1]?.at ?? 0

    for (let item = 0; item < items; item++) {
      const whole = told(plan, item, (see) => see(entries))
      const single = told(plan, item, (see) => {
        for (const entry of entries) see([entry])
      })
      const until = told(plan, item, (see) => see(entries, middle))
      const before = told(plan, item, (see) => see(entries.filter(({ at }) => at <= middle)))

      expect(single).toEqual(whole)
      expect(until).toEqual(before)
      const open = whole.steps.filter((step) => isRecord(step) && ['running', 'waiting'].includes(step.status))
      expect(open).toEqual([])
    }
  })
})
