// A flow or a step function out of a JavaScript or TypeScript file. Says what is exported if it cannot tell which is meant.

import { basename } from 'node:path'
import {
  checkDefinition,
  DEFINITION,
  isRunnable,
  isStepFunction,
  LocalRouter,
  PROGRAM,
  type Runnable,
} from '@stepflow/code'
import { type Diagnostic, FlowError, hasErrors, type Log, own, type Plan, type Router, suggest } from '@stepflow/engine'
import { importModule } from '../plugins/import-module.ts'
import { guarded, guardProcess } from '../plugins/in-process.ts'

export interface CodeFlow {
  readonly name: string
  /** Errors keep it from being run; then there is no plan. */
  readonly diagnostics: readonly Diagnostic[]
  readonly plan: Plan | undefined
  /** The plan to draw. */
  readonly sketch: Plan | undefined
  /** What the file exports as `test`: `{ cases: [{ name, input, output }] }`. */
  readonly test: unknown
  /** Leads to the functions of the file, and all else to `otherwise`. */
  router(otherwise: Router): Router
}

/** `file` is an absolute path; `exported` names one of several. */
export async function readCodeFlow(file: string, exported?: string, log?: Log, text?: string): Promise<CodeFlow> {
  const shown = basename(file)
  guardProcess(log)
  const exports = await importModule(file, shown, text)
  const found = chosen(exports, shown, exported)
  const diagnostics = isStepFunction(found) ? checkDefinition(found[DEFINITION]) : []
  const told = diagnostics.map((one) => ({ ...one, file: shown }))
  const program = hasErrors(diagnostics) ? undefined : found[PROGRAM]
  return {
    name: found.name,
    diagnostics: told,
    plan: program && { ...program.plan, file: shown },
    sketch: program?.sketch,
    test: own(exports, 'test'),
    router(otherwise) {
      const router = new LocalRouter(otherwise, (component) => guarded(component, 'as they are'))
      if (program) router.add(program)
      return router
    },
  }
}

// ---

/** The one that is named; else the default export; else the only one. */
function chosen(exports: object, file: string, name: string | undefined): Runnable<never> {
  const found = new Map<string, Runnable<never>>(Object.entries(exports).filter(([, value]) => isRunnable(value)))
  // `export =`, where it is read as CommonJS.
  if (isRunnable(exports)) found.set('default', exports)
  const names = [...found.keys()].filter((one) => one !== 'default')
  if (name !== undefined) {
    const named = found.get(name)
    if (named) return named
    const near = suggest(name, found.keys())
    const hint = near ? `did you mean "${near}"?` : `it exports ${names.join(', ') || 'no flow and no step function'}`
    throw new FlowError('NOT_FOUND', `${file} exports no flow "${name}": ${hint}`)
  }
  const [only, ...others] = new Set(found.values())
  const main = found.get('default') ?? (others.length === 0 ? only : undefined)
  if (main) return main
  const why =
    names.length > 0
      ? `exports several flows (${names.join(', ')}): make one the default export`
      : 'exports no flow and no step function: export the result of defineFlow or new StepFunction'
  throw new FlowError('INVALID_FLOW', `${file} ${why}`)
}
