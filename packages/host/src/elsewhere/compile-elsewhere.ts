// A flow that will run elsewhere, compiled here: with the configuration beside it, if there is one, for what it says of
// components. Which of them are served, only a worker knows.

import { resolve } from 'node:path'
import { type Diagnostic, hasErrors, type Log, type Plan } from '@stepflow/engine'
import { loadConfig } from '../config/load-config.ts'
import type { Env } from '../config/substitute.ts'
import { isCodeFile, loadCodeFlow } from '../flows/code-file.ts'
import { readText } from '../flows/read-file.ts'
import { wirePlugins } from '../wire.ts'

export interface CompileElsewhere {
  readonly file: string
  readonly cwd: string
  readonly env: Env
  readonly overrides: readonly unknown[]
  readonly log: Log
}

/** No plan if there are errors. */
export async function compileElsewhere({ file, cwd, env, overrides, log }: CompileElsewhere): Promise<{
  readonly text: string
  readonly plan: Plan | undefined
  readonly diagnostics: readonly Diagnostic[]
}> {
  const text = readText(file, 'the flow', cwd)
  if (isCodeFile(file)) return { text, ...(await loadCodeFlow(resolve(cwd, file), undefined, log)) }
  const { config, diagnostics: ofConfig } = await loadConfig({ flowFile: file, cwd, env })
  const { compile } = await import('@stepflow/dialects')
  const { router, close } = await wirePlugins(config, { env, flowDirectory: cwd, log })
  try {
    const { plan, diagnostics: ofFlow } = compile(text, {
      ...{ file, overrides, primaryOf: router.primaryOf, misfits: router.misfits },
      readFile: (path) => readText(path, 'the schema', cwd),
    })
    const diagnostics = [...ofConfig, ...ofFlow]
    return { text, plan: hasErrors(diagnostics) ? undefined : plan, diagnostics }
  } finally {
    await close()
  }
}
