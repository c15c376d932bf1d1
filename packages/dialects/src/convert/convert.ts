// Converts a manifest to a flow, and a flow to a manifest. What the other form cannot express is reported, and then there
// is no result; what means something slightly different there is reported too. Comments are kept, formatting is not.

import { isRecord, type JsonObject } from '@stepflow/engine'
import { Document } from 'yaml'
import { detect } from '../detect.ts'
import { keepingLineEnds } from '../edit/line-ends.ts'
import { toJson } from '../source/node.ts'
import { readSource } from '../source/read.ts'
import { withStepList } from '../step-list.ts'
import { keepComments } from './keep-comments.ts'
import { Remarks } from './remarks.ts'
import { toFlow } from './to-flow.ts'
import { toManifest } from './to-manifest.ts'

export interface Conversion {
  /** Absent if something cannot be said. */
  readonly document?: JsonObject
  /** The same as YAML, with the comments of the file. */
  readonly yaml?: string
  /** What has no counterpart, a sentence each. */
  readonly impossible: readonly string[]
  /** What means nearly the same. */
  readonly differences: readonly string[]
}

/** Of a text that compiles. */
export function convert(text: string, to: 'flow' | 'manifest', options: { readonly file?: string } = {}): Conversion {
  const remarks = new Remarks()
  const { node: written, meant = text } = readSource(text, options)
  const node = written && withStepList(written)
  const value = node && toJson(node)
  const document = Array.isArray(value) ? { steps: value } : value
  if (!node || !isRecord(document)) remarks.cannot('The file cannot be read as a flow or a manifest.')
  else if (detect(node).dialect === to) remarks.cannot(`The file is already a ${to}.`)
  else {
    const made = to === 'flow' ? toFlow(document, remarks) : toManifest(document, remarks)
    if (remarks.impossible.length === 0) {
      const document = made as JsonObject // made of JSON
      return { document, yaml: yamlOf(document, meant), impossible: [], differences: remarks.differences }
    }
  }
  return { impossible: remarks.impossible, differences: remarks.differences }
}

// ---

function yamlOf(document: JsonObject, text: string): string {
  return keepingLineEnds(text, (lines) => {
    const made = new Document(document, { version: '1.2', schema: 'core', aliasDuplicateObjects: false })
    keepComments(lines, made)
    return made.toString({ lineWidth: 0, flowCollectionPadding: /[{[] /.test(lines) })
  })
}
