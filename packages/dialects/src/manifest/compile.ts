// A manifest to a plan: `{steps: [...]}` or a bare list of steps.

import type { Plan } from '@stepflow/engine'
import type { Findings } from '../findings.ts'
import type { Node } from '../source/node.ts'
import { compileFlow, type FlowOptions } from '../stepflow/compile.ts'
import type { FlowInfo } from '../stepflow/info.ts'
import { manifestLanguage } from './language.ts'

export function compileManifest(
  root: Node,
  findings: Findings,
  options: FlowOptions,
): { plan?: Plan; flow?: FlowInfo } {
  return compileFlow(wrapped(root), findings, options, manifestLanguage(options))
}

// ---

function wrapped(root: Node): Node {
  if (root.kind !== 'list') return root
  const { line, column } = root
  return { kind: 'map', entries: [{ key: 'steps', value: root, line, column }], line, column }
}
