// What the text offers while one types: words that fit, what a word means, what a problem proposes.

import type { CompletionContext, CompletionResult } from '@codemirror/autocomplete'
import type { Diagnostic } from '@codemirror/lint'
import type { EditorState } from '@codemirror/state'
import type { EditorView } from '@codemirror/view'
import type { CheckedFlow } from '@stepflow/api'
import type { Schema } from './fields.ts'
import { type Reference, shortValue } from './references.ts'
import { inLine } from './written-reference.ts'

type Problem = CheckedFlow['diagnostics'][number]

export interface Known {
  readonly components: readonly {
    readonly path: string
    readonly description?: string
    readonly inputSchema?: unknown
  }[]
  /** By step: where it begins. */
  readonly lines: ReadonlyMap<string, number>
  /** What a step can take its values from. */
  readonly referencesOf?: (step: string | undefined) => readonly Reference[]
}

const SEVERITIES = { fatal: 'error', error: 'error', warning: 'warning', hint: 'info' } as const

export function marksOf(problems: readonly Problem[], { doc }: EditorState): Diagnostic[] {
  return problems.map(({ level, message, hint, line = 1, column = 1 }) => {
    const at = doc.line(Math.min(Math.max(1, line), doc.lines))
    const from = Math.min(at.to, at.from + column - 1)
    const word = /^[^\s,{}[\]:"']+/.exec(doc.sliceString(from, at.to))?.[0] ?? ''
    const meant = /Did you mean "([^"]+)"\?/.exec(`${message} ${hint ?? ''}`)?.[1]
    return {
      from,
      to: Math.min(at.to, from + Math.max(1, word.length)),
      severity: SEVERITIES[level],
      message: hint === undefined ? message : `${message}\n${hint}`,
      ...(meant === undefined ? {} : { actions: [correction(message, meant)] }),
    }
  })
}

/** Components after `component:`, values where one stands and in templates, steps after `$step:` and in `needs`, fields of the component's input, keys of a step. */
export function complete(context: CompletionContext, known: Known): CompletionResult | null {
  const { components, lines } = known
  const line = context.state.doc.lineAt(context.pos)
  const before = line.text.slice(0, context.pos - line.from)
  const component = /component:\s*["']?(\S*)$/.exec(before)
  if (component) {
    return {
      from: context.pos - (component[1]?.length ?? 0),
      options: components.map(({ path, description = '' }) => ({ label: path, type: 'function', info: description })),
    }
  }
  const values = valuesAt(context, before, known)
  if (values) return values
  const step = /(?:\$step:|needs:\s*\[?(?:\s*[\w-]+,)*)\s*["']?([\w-]*)$|steps\.([\w-]*)$/.exec(before)
  if (step) {
    const own = stepAt(lines, line.number)
    return {
      from: context.pos - (step[1] ?? step[2] ?? '').length,
      options: [...lines.keys()].filter((id) => id !== own).map((id) => ({ label: id, type: 'variable' })),
    }
  }
  const key = /^\s*(?:- )?(\w*)$|^.*\binput:\s*\{(?:[^{}]*,)?\s*(\w*)$/.exec(before)
  const typed = key?.[1] ?? key?.[2] ?? ''
  if (!key || (!context.explicit && typed === '')) return null
  const fields = isInInput(context.state, line.number) ? fieldsAt(context.state, line.number, known) : []
  return {
    from: context.pos - typed.length,
    options: [
      ...fields.map(([label, { description }]) => ({
        label,
        type: 'property',
        apply: `${label}: `,
        ...(typeof description === 'string' ? { info: description } : {}),
      })),
      ...(fields.length > 0 ? [] : KEYS.map((label) => ({ label, type: 'property', apply: `${label}: ` }))),
    ],
  }
}

/** What stands under the pointer: a component, a step, a field of an input. */
export function hoverText(
  state: EditorState,
  pos: number,
  known: Known,
): { readonly from: number; readonly to: number; readonly text: string } | undefined {
  const line = state.doc.lineAt(pos)
  for (const { 0: word, index } of line.text.matchAll(/[\w/-]+/g)) {
    const [from, to] = [line.from + index, line.from + index + word.length]
    if (pos < from || pos > to) continue
    const component = known.components.find(({ path }) => path === word)
    if (component) return { from, to, text: component.description ?? 'A component' }
    const before = line.text.slice(0, index)
    const at = known.lines.get(word)
    if (at !== undefined && /(?:\$step:|needs:.*|steps\.|id:)\s*["']?$/.test(before)) {
      const path = componentAt(state, at, known.lines)
      return { from, to, text: `Step ${word}, line ${at}${path === undefined ? '' : `: ${path}`}` }
    }
    const field = fieldsAt(state, line.number, known).find(([name]) => name === word)
    if (field && line.text[index + word.length] === ':') return { from, to, text: fieldText(field) }
  }
  return undefined
}

/** The step that a line belongs to: the last one that begins above it, or there. */
export function stepAt(lines: ReadonlyMap<string, number>, line: number): string | undefined {
  let found: string | undefined
  let from = 0
  for (const [id, start] of lines) if (start <= line && start > from) [found, from] = [id, start]
  return found
}

// ---

const KEYS = [
  'id',
  'component',
  'input',
  'when',
  'skip_if',
  'needs',
  'trigger_rule',
  'for_each',
  'retry',
  'timeout',
  'on_error',
  'cache',
  'description',
]

/** Their values are computed, as those of an input are. */
const COMPUTED = /^\s*(?:- )?(?:when|skip_if|skipIf|for_each|forEach|items|output):/

/** In a template by its path; in place of a value as the flow writes it, if somebody asks. */
function valuesAt(context: CompletionContext, before: string, known: Known): CompletionResult | undefined {
  const line = context.state.doc.lineAt(context.pos).number
  const inTemplate = /\{\{(?:(?!\}\}).)*?([\w.]*)$/.exec(before)
  const inValue = /(?:^|[{,])\s*(?:- )?[\w-]+:\s+([\w.]*)$/.exec(before)
  if (!inTemplate && (!inValue || !context.explicit)) return undefined
  if (!inTemplate && !COMPUTED.test(before) && !isInInput(context.state, line)) return undefined
  const found = known.referencesOf?.(stepAt(known.lines, line)).filter(({ isRefused }) => isRefused !== true) ?? []
  if (found.length === 0) return undefined
  const typed = (inTemplate ?? inValue)?.[1] ?? ''
  return {
    from: context.pos - typed.length,
    options: found.map(({ group, name, path, value, type, last }) => ({
      label: inTemplate ? path : name,
      type: 'variable',
      section: group,
      detail: [type, last === undefined ? '' : shortValue(last)].filter(Boolean).join('  '),
      ...(inTemplate ? {} : { apply: inLine(value) }),
    })),
  }
}

type Field = readonly [name: string, schema: Schema]

function correction(message: string, meant: string) {
  const wrong = /"([^"]+)"/.exec(message)?.[1]
  return {
    name: `Write ${meant}`,
    apply(view: EditorView, from: number, to: number) {
      // The mark begins where the value does, and the word that is meant may stand further on in it.
      const line = view.state.doc.lineAt(from)
      const at = wrong === undefined ? -1 : view.state.sliceDoc(from, line.to).indexOf(wrong)
      const place = at < 0 || wrong === undefined ? { from, to } : { from: from + at, to: from + at + wrong.length }
      view.dispatch({ changes: { ...place, insert: meant } })
    },
  }
}

/** Properties of the input of the component that the step at a line calls. */
function fieldsAt(state: EditorState, line: number, { components, lines }: Known): readonly Field[] {
  const id = stepAt(lines, line)
  const start = id === undefined ? undefined : lines.get(id)
  if (start === undefined) return []
  const path = componentAt(state, start, lines)
  const schema = components.find((component) => component.path === path)?.inputSchema as Schema | undefined
  return Object.entries((schema?.properties ?? {}) as Readonly<Record<string, Schema>>)
}

/** Of the step that begins at a line. */
function componentAt(state: EditorState, start: number, lines: ReadonlyMap<string, number>): string | undefined {
  const next = Math.min(state.doc.lines + 1, ...[...lines.values()].filter((line) => line > start))
  const text = state.sliceDoc(state.doc.line(Math.min(start, state.doc.lines)).from, state.doc.line(next - 1).to)
  return /\bcomponent:\s*["']?([^\s"',}]+)/.exec(text)?.[1]
}

/** Further in than an `input:` above it. */
function isInInput(state: EditorState, line: number): boolean {
  const own = state.doc.line(line).text
  if (/\binput:\s*\{[^}]*$/.test(own)) return true
  const indent = own.length - own.trimStart().length
  for (let above = line - 1; above > 0; above--) {
    const { text } = state.doc.line(above)
    if (text.trim() === '' || text.length - text.trimStart().length >= indent) continue
    return /^\s*(?:- )?input:\s*(?:#.*)?$/.test(text)
  }
  return false
}

function fieldText([name, { type, description }]: Field): string {
  const head = typeof type === 'string' ? `${name}: ${type}` : name
  return typeof description === 'string' ? `${head}\n${description}` : head
}
