// What the text shows beside its words: ids of steps in bold, keys of expressions in the accent, and behind a reference what it gave
// last. Only of the lines in sight.

import { RangeSetBuilder } from '@codemirror/state'
import { Decoration, type DecorationSet, EditorView, ViewPlugin, type ViewUpdate } from '@codemirror/view'
import { readReference, shortValue } from '../../model/references.ts'

/** Undefined: nothing is known of it. */
export type LastOf = (name: string) => { readonly value: unknown } | undefined

export function textMarks(lastOf: () => LastOf) {
  return ViewPlugin.fromClass(
    class {
      decorations: DecorationSet
      #lastOf: LastOf

      constructor(view: EditorView) {
        this.#lastOf = lastOf()
        this.decorations = marksIn(view, this.#lastOf)
      }

      update(update: ViewUpdate) {
        const now = lastOf()
        if (!update.docChanged && !update.viewportChanged && now === this.#lastOf) return
        this.#lastOf = now
        this.decorations = marksIn(update.view, now)
      }
    },
    { decorations: (plugin) => plugin.decorations },
  )
}

export const MARK_LOOK = EditorView.theme({
  '.cm-step-id': { fontWeight: '600' },
  '.cm-expression, .cm-expression *': { color: 'var(--accent)' },
  // Written by the style: it is no part of the text, neither to copy nor to read out.
  '.cm-with-last::after': {
    content: 'attr(data-last) / ""',
    paddingLeft: '14px',
    fontSize: '11px',
    color: 'var(--ink-3)',
  },
})

// ---

const WORDS = /(?<=^\s*(?:- )?(?:\{\s*)?id:\s*)[\w-]+|\$[a-z_]+(?=:)/g
const ID = Decoration.mark({ class: 'cm-step-id' })
const EXPRESSION = Decoration.mark({ class: 'cm-expression' })

function marksIn({ state, visibleRanges }: EditorView, lastOf: LastOf): DecorationSet {
  const marks = new RangeSetBuilder<Decoration>()
  for (const { from, to } of visibleRanges) {
    for (let at = from; at <= to; ) {
      const line = state.doc.lineAt(at)
      const last = lastIn(line.text, lastOf)
      if (last !== undefined) {
        marks.add(line.from, line.from, Decoration.line({ class: 'cm-with-last', attributes: { 'data-last': last } }))
      }
      for (const { 0: word, index } of line.text.matchAll(WORDS)) {
        const start = line.from + index
        marks.add(start, start + word.length, word.startsWith('$') ? EXPRESSION : ID)
      }
      at = line.to + 1
    }
  }
  return marks.finish()
}

/** Of a line with one reference: of several nobody could tell which it is of. */
function lastIn(line: string, lastOf: LastOf): string | undefined {
  const name = readReference(line)
  const last = name === undefined ? undefined : lastOf(name)
  return last && `= ${shortValue(last.value)}`
}
