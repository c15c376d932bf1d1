// A manifest as a flow, a flow as a manifest. What the other form cannot say is told, and then there is no result; what it
// says a little differently is told too. Comments and formatting stay behind.

import { isRecord, type JsonObject } from '@stepflow/engine'
import { detect } from '../detect.ts'
import { toJson } from '../source/node.ts'
import { readSource } from '../source/read.ts'
import { toFlow } from './to-flow.ts'
import { toManifest } from './to-manifest.ts'

export interface Conversion {
  /** Absent if something cannot be said. */
  readonly document?: JsonObject
  /** What has no counterpart, a sentence each. */
  readonly impossible: readonly string[]
  /** What means nearly the same. */
  readonly differences: readonly string[]
}

/** Collects what has to be said. */
export class Remarks {
  readonly impossible: string[] = []
  readonly differences: string[] = []
  cannot(sentence: string): void {
    if (!this.impossible.includes(sentence)) this.impossible.push(sentence)
  }
  differs(sentence: string): void {
    if (!this.differences.includes(sentence)) this.differences.push(sentence)
  }
}

/** Of a text that compiles. */
export function convert(text: string, to: 'flow' | 'manifest', options: { readonly file?: string } = {}): Conversion {
  const remarks = new Remarks()
  const { node } = readSource(text, options)
  const value = node && toJson(node)
  const document = Array.isArray(value) ? { steps: value } : value
  if (!node || !isRecord(document)) remarks.cannot('The file cannot be read as a flow or a manifest.')
  else if (detect(node).dialect === to) remarks.cannot(`The file is a ${to} already.`)
  else {
    const made = to === 'flow' ? toFlow(document, remarks) : toManifest(document, remarks)
    if (remarks.impossible.length === 0) {
      return { document: made as JsonObject, impossible: [], differences: remarks.differences } // made of JSON
    }
  }
  return { impossible: remarks.impossible, differences: remarks.differences }
}
