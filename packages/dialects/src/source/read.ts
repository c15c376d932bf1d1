// Text to nodes: YAML 1.2 (core schema) or JSON. The one reader of every file a person writes; it throws nothing.

import type { Diagnostic } from '@stepflow/engine'
import { Findings } from '../findings.ts'
import { parseJson } from './json.ts'
import type { Node } from './node.ts'
import { mendTransforms } from './unquoted-transform.ts'
import { parseYaml } from './yaml.ts'
import { parsePlainYaml } from './yaml-plain.ts'

export interface SourceOptions {
  /** The name for messages; its ending tells the format. */
  readonly file?: string | undefined
  readonly format?: 'yaml' | 'json' | undefined
}

export interface Source {
  /** Absent if the text cannot be read, or is empty; may be there beside errors such as a key that stands twice. */
  readonly node?: Node
  readonly diagnostics: readonly Diagnostic[]
  /** The text as it is meant, if it was no YAML: what is to be edited. */
  readonly meant?: string
}

export function readSource(text: string, options: SourceOptions = {}): Source {
  const findings = new Findings({ file: options.file })
  const clean = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
  const found = read(clean, formatOf(options), findings)
  return found && !isFatal(findings.list) ? { ...found, diagnostics: findings.list } : { diagnostics: findings.list }
}

export function formatOf(options: SourceOptions): 'yaml' | 'json' {
  if (options.format) return options.format
  if (/\.jsonl?$/i.test(options.file ?? '')) return 'json'
  return 'yaml'
}

// ---

function isFatal(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some(({ level }) => level === 'fatal')
}

type Found = Pick<Source, 'meant'> & { readonly node: Node }

function read(text: string, format: 'yaml' | 'json', findings: Findings): Found | undefined {
  const control = controlCharacter(text)
  if (control) {
    findings.add('fatal', 'NOT_TEXT', 'this is not a text file: it contains control characters', control)
    return undefined
  }
  if (text.trim() === '') {
    findings.add('fatal', 'EMPTY_SOURCE', 'the file is empty', { line: 1, column: 1 })
    return undefined
  }
  if (format === 'json') return found(parseJson(text, findings))
  // JSON is YAML, and the JSON reader is the faster one; what it cannot read may still be YAML.
  if (text.startsWith('{') || text.startsWith('[')) {
    const attempt = new Findings()
    const node = parseJson(text, attempt)
    if (node && attempt.list.length === 0) return { node }
  }
  return found(parsePlainYaml(text)) ?? readYaml(text, findings)
}

function found(node: Node | undefined): Found | undefined {
  return node && { node }
}

function readYaml(text: string, findings: Findings): Found | undefined {
  const known = findings.list.length
  const node = parseYaml(text, findings)
  if (node) return { node }
  const mended = mendTransforms(text, isScalar)
  if (!mended) return undefined
  const attempt = new Findings()
  const meant = parsePlainYaml(mended.text) ?? parseYaml(mended.text, attempt)
  if (!meant || isFatal(attempt.list)) return undefined
  findings.list.length = known
  const message = 'this "transform" is not valid YAML; it is read as it is meant'
  for (const { hint, ...place } of mended.lines) {
    findings.warning('UNQUOTED_TRANSFORM', message, place, undefined, hint)
  }
  return { node: meant, meant: mended.text }
}

function isScalar(text: string): boolean {
  const findings = new Findings()
  return parseYaml(text, findings)?.kind === 'scalar' && findings.list.length === 0
}

function controlCharacter(text: string): { line: number; column: number } | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  const at = text.search(/[\0-\x08\x0e-\x1f]/)
  if (at < 0) return undefined
  const before = text.slice(0, at)
  const line = before.split('\n').length
  return { line, column: at - before.lastIndexOf('\n') }
}
