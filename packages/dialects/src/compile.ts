// Text of any front end to a plan, or to what is wrong with it.

import type { Diagnostic, Plan } from '@stepflow/engine'
import { detect } from './detect.ts'
import { Findings, lineOf } from './findings.ts'
import { compileManifest } from './manifest/compile.ts'
import { applyOverrides } from './override.ts'
import { fromJson, MAX_DEPTH, type Node } from './source/node.ts'
import { formatOf, readSource } from './source/read.ts'
import { withStepList } from './step-list.ts'
import type { FindMisfits } from './stepflow/check-literals.ts'
import { compileFlow } from './stepflow/compile.ts'
import type { FlowInfo } from './stepflow/info.ts'

export interface CompileOptions {
  /** As the user named it; for messages, and for files that the flow names. */
  readonly file?: string
  readonly format?: 'yaml' | 'json'
  /** Unknown keys are errors. */
  readonly strict?: boolean
  /** Applied in order; later wins. */
  readonly overrides?: readonly unknown[]
  /** The field of a component's output that paths may leave out. */
  readonly primaryOf?: (component: string) => string | undefined
  /** Undefined: some route serves it; else why none does. */
  readonly isServed?: (component: string) => string | undefined
  /** What a component refuses among the fields of its input that are literals. */
  readonly misfits?: FindMisfits
  /** Whether the environment has a variable that a tool takes what it needs from. */
  readonly isSet?: (variable: string) => boolean
  /** For schemas that are the path of another file. */
  readonly readFile?: (path: string) => string
}

export interface Compiled {
  /** Absent if something is wrong. */
  readonly plan?: Plan
  readonly diagnostics: readonly Diagnostic[]
  readonly flow?: FlowInfo
  /** Absent if the text cannot be read, or mixes both. */
  readonly dialect?: 'flow' | 'manifest'
  /** The text, for `editSource`, and what was read from it, without overrides. */
  readonly source?: { readonly text: string; readonly format: 'yaml' | 'json'; readonly node: Node }
}

/**
 * Compiles a file's text.
 *
 * ```ts
 * const { plan, diagnostics } = compile('steps: [{id: a, component: /builtin/noop}]', { file: 'a.yaml' })
 * ```
 */
export function compile(text: string, options: CompileOptions = {}): Compiled {
  const source = readSource(text, options)
  if (!source.node) return { diagnostics: source.diagnostics }
  const findings = new Findings(options)
  findings.list.push(...source.diagnostics)
  const compiled = compileNode(source.node, findings, options, false)
  return { ...compiled, source: { text, format: formatOf(options), node: source.node } }
}

/** Compiles a flow that is a value already, such as one that a step computed. */
export function compileValue(value: unknown, options: CompileOptions = {}): Compiled {
  const findings = new Findings(options)
  const node = fromJson(value)
  if (node) return compileNode(node, findings, options, true)
  findings.add('fatal', 'TOO_DEEP', `nested deeper than ${MAX_DEPTH} levels`)
  return { diagnostics: findings.list }
}

// ---

function compileNode(written: Node, findings: Findings, options: CompileOptions, nested: boolean): Compiled {
  const node = withStepList(written)
  const found = detect(node)
  if (found.dialect === 'mixed') {
    findings.error(
      'MIXED_DIALECTS',
      `steps with "component"${lineOf(found.component)} and steps with "tool"${lineOf(found.tool)} are in one file`,
      found.tool,
      undefined,
      'a file is either a flow (component) or a manifest (tool)',
    )
  }
  const root = applyOverrides(node, options.overrides ?? [], findings)
  if (found.dialect === 'mixed') return { diagnostics: findings.list }
  const { plan, flow } =
    found.dialect === 'flow'
      ? compileFlow(root, findings, { ...options, nested })
      : compileManifest(root, findings, { ...options, nested })
  const { dialect } = found
  return { ...(plan ? { plan } : {}), diagnostics: findings.list, ...(flow ? { flow } : {}), dialect }
}
