// The text of a flow: CodeMirror, with the problems in it, completion, and one way to change it from outside.

import { autocompletion, closeBrackets, completionKeymap } from '@codemirror/autocomplete'
import { defaultKeymap, history, historyKeymap, indentWithTab, isolateHistory, redo, undo } from '@codemirror/commands'
import { yaml } from '@codemirror/lang-yaml'
import { bracketMatching, HighlightStyle, indentOnInput, syntaxHighlighting } from '@codemirror/language'
import { forEachDiagnostic, lintGutter, setDiagnostics } from '@codemirror/lint'
import { highlightSelectionMatches, searchKeymap } from '@codemirror/search'
import { EditorState, Transaction } from '@codemirror/state'
import { drawSelection, EditorView, highlightActiveLine, hoverTooltip, keymap, lineNumbers } from '@codemirror/view'
import { tags } from '@lezer/highlight'
import { withLf } from '@stepflow/dialects'
import type { Change } from '@stepflow/dialects/edit'
import { type ReactElement, type RefObject, useEffect, useImperativeHandle, useRef } from 'react'
import { complete, hoverText, marksOf } from '../../model/text-hints.ts'
import { cspNonce } from './csp-nonce.ts'
import type { Component } from './palette.tsx'
import { type LastOf, MARK_LOOK, textMarks } from './text-marks.ts'
import type { Problem } from './use-compiled.ts'
import type { ReferencesOf } from './use-references.ts'

export interface TextPaneHandle {
  /** Puts the caret there and shows it. */
  goTo(line: number, column?: number): void
  /** The same, for whoever stays where they are. */
  show(line: number): void
  /** One change, which one undo takes back. */
  replaceAll(text: string): void
  /** All of them are one change; false if the text is another one than they were made for. */
  apply(of: string, changes: readonly Change[]): boolean
  undo(): void
  redo(): void
  /** As it is now. */
  text(): string
}

export interface TextPaneProps {
  readonly initial: string
  readonly problems: readonly Problem[]
  /** By step: where it begins. */
  readonly lines: ReadonlyMap<string, number>
  readonly components: readonly Component[]
  readonly referencesOf: ReferencesOf
  /** What a reference gave last, by its name. */
  readonly lastOf: LastOf
  readonly isReadOnly: boolean
  readonly onChange: (text: string) => void
  /** The line of the caret. */
  readonly onLine: (line: number) => void
  readonly onSave: () => void
  readonly onRun: () => void
  readonly onRunUpToHere: () => void
  /** Of the step at the caret. */
  readonly onRename: () => void
  readonly onConnect: () => void
  readonly handle: RefObject<TextPaneHandle | null>
}

export function TextPane(props: TextPaneProps): ReactElement {
  const box = useRef<HTMLDivElement>(null)
  const view = useRef<EditorView>(undefined)
  const latest = useRef(props)
  latest.current = props
  const { initial, isReadOnly } = props
  useEffect(() => {
    const parent = box.current
    if (!parent) return
    const editor = new EditorView({ parent, state: stateOf(initial, isReadOnly, latest) })
    // Reached by keys where it is longer than its pane.
    editor.scrollDOM.tabIndex = 0
    view.current = editor
    return () => editor.destroy()
  }, [initial, isReadOnly])
  const show = (line: number, column: number) => {
    const editor = view.current
    if (!editor || line > editor.state.doc.lines) return
    const at = editor.state.doc.line(line)
    const anchor = Math.min(at.to, at.from + column - 1)
    editor.dispatch({ selection: { anchor }, effects: EditorView.scrollIntoView(anchor, { y: 'center' }) })
  }
  useImperativeHandle(props.handle, () => ({
    goTo(line, column = 1) {
      show(line, column)
      view.current?.focus()
    },
    show: (line) => show(line, 1),
    apply(of, changes) {
      const editor = view.current
      if (editor?.state.doc.toString() !== of) return false
      editor.dispatch({
        changes: [...changes],
        // Never one with what was typed before.
        annotations: [isolateHistory.of('full'), Transaction.userEvent.of('input.form')],
      })
      return true
    },
    undo: () => void (view.current && undo(view.current)),
    redo: () => void (view.current && redo(view.current)),
    text: () => view.current?.state.doc.toString() ?? '',
    replaceAll(text) {
      const editor = view.current
      editor?.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: text } })
    },
  }))
  useEffect(() => {
    const editor = view.current
    if (editor) editor.dispatch(setDiagnostics(editor.state, marksOf(props.problems, editor.state)))
  }, [props.problems])
  // biome-ignore lint/correctness/useExhaustiveDependencies: other last values are other words behind the lines
  useEffect(() => view.current?.dispatch({}), [props.lastOf])
  return <div className="text-pane" ref={box} />
}

// ---

function stateOf(doc: string, isReadOnly: boolean, latest: RefObject<TextPaneProps>): EditorState {
  /** To the step that is named where the caret is. */
  const definition = ({ state }: EditorView) => {
    const word = state.wordAt(state.selection.main.head)
    const line = word && latest.current.lines.get(state.sliceDoc(word.from, word.to))
    if (line === undefined || line === null) return false
    latest.current.handle.current?.goTo(line)
    return true
  }
  /** What the problem at the caret proposes. */
  const fix = (view: EditorView) => {
    const { head } = view.state.selection.main
    const line = view.state.doc.lineAt(head)
    let isFixed = false
    forEachDiagnostic(view.state, ({ actions = [] }, from, to) => {
      if (isFixed || to < line.from || from > line.to || !actions[0]) return
      actions[0].apply(view, from, to)
      isFixed = true
    })
    return isFixed
  }
  const hover = (view: EditorView, pos: number) => {
    const found = hoverText(view.state, pos, latest.current)
    if (!found) return null
    const create = () => {
      const dom = document.createElement('div')
      dom.className = 'cm-hint'
      dom.textContent = found.text
      return { dom }
    }
    return { pos: found.from, end: found.to, above: true, create }
  }
  const does = (what: 'onSave' | 'onRun' | 'onRunUpToHere' | 'onRename' | 'onConnect') => () => {
    latest.current[what]()
    return true
  }
  return EditorState.create({
    doc,
    extensions: [
      EditorView.cspNonce.of(cspNonce()),
      EditorView.contentAttributes.of({ 'aria-label': 'Flow text' }),
      EditorState.readOnly.of(isReadOnly),
      // A CR that ends no line is a character as any other, and stays where it is.
      EditorState.lineSeparator.of('\n'),
      EditorView.clipboardInputFilter.of((text) => withLf(text)),
      EditorView.domEventHandlers({ beforeinput: typesOver }),
      lineNumbers(),
      history(),
      drawSelection(),
      indentOnInput(),
      bracketMatching(),
      closeBrackets(),
      highlightActiveLine(),
      highlightSelectionMatches(),
      lintGutter(),
      yaml(),
      syntaxHighlighting(COLOURS),
      autocompletion({ override: [(context) => complete(context, latest.current)] }),
      hoverTooltip(hover),
      keymap.of([
        { key: 'Mod-.', run: fix },
        { key: 'Mod-s', run: does('onSave'), preventDefault: true },
        { key: 'Mod-Enter', run: does('onRun'), preventDefault: true },
        { key: 'Mod-Shift-Enter', run: does('onRunUpToHere'), preventDefault: true },
        { key: 'F2', run: does('onRename') },
        { key: 'F12', run: definition },
        { key: 'Alt-c', run: does('onConnect'), preventDefault: true },
        ...completionKeymap,
        ...searchKeymap,
        ...historyKeymap,
        ...defaultKeymap,
        // Escape, then Tab, leaves the field.
        indentWithTab,
      ]),
      EditorView.updateListener.of((update) => {
        if (update.docChanged) latest.current.onChange(update.state.doc.toString())
        if (update.selectionSet) latest.current.onLine(update.state.doc.lineAt(update.state.selection.main.head).number)
      }),
      textMarks(() => latest.current.lastOf),
      MARK_LOOK,
      LOOK,
    ],
  })
}

/**
 * Over a selection the browser would put what is typed into a span with a style of its own, to keep the colour of what stood there:
 * the policy refuses that, and complains.
 */
function typesOver(event: InputEvent, view: EditorView): boolean {
  const { state } = view
  const { from, to, empty } = state.selection.main
  const { data: text, inputType } = event
  if (inputType !== 'insertText' || text === null || empty || view.composing || state.readOnly) return false
  event.preventDefault()
  const typed = () => state.update(state.replaceSelection(text), { userEvent: 'input.type', scrollIntoView: true })
  // Brackets close round a selection, as they do elsewhere.
  if (!state.facet(EditorView.inputHandler).some((handle) => handle(view, from, to, text, typed)))
    view.dispatch(typed())
  return true
}

const LOOK = EditorView.theme({
  '&': { height: '100%', fontSize: '12px', backgroundColor: 'var(--bg)', color: 'var(--ink)' },
  '.cm-content': { fontFamily: 'var(--mono)', lineHeight: '20px', caretColor: 'var(--accent)' },
  '.cm-gutters': {
    backgroundColor: 'var(--bg)',
    color: 'var(--ink-3)',
    border: '0',
    fontFamily: 'var(--mono)',
    lineHeight: '20px',
  },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'var(--soft)' },
  '&.cm-focused': { outline: 'none' },
  '&.cm-focused .cm-cursor': { borderLeftColor: 'var(--accent)' },
  '&.cm-focused .cm-selectionBackground, .cm-selectionBackground': {
    backgroundColor: 'color-mix(in srgb, var(--accent) 25%, transparent) !important',
  },
  '.cm-tooltip': {
    backgroundColor: 'var(--raised)',
    border: '1px solid var(--line)',
    borderRadius: '6px',
    color: 'var(--ink)',
  },
  '.cm-tooltip-autocomplete': { padding: '4px', boxShadow: 'var(--shadow)' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': { fontFamily: 'var(--mono)' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li': { padding: '2px 8px', borderRadius: '4px' },
  '.cm-completionIcon': { display: 'none' },
  '&.cm-focused .cm-matchingBracket': { backgroundColor: 'var(--soft)', outline: '1px solid var(--line-strong)' },
  // A problem looks as it does in the list of them, not as the editor's own pictures of one.
  '.cm-lint-marker': { content: 'normal', boxSizing: 'border-box', width: '8px', height: '8px', margin: '6px 2px' },
  '.cm-lint-marker-error': { content: 'normal', borderRadius: '4px', backgroundColor: 'var(--failed)' },
  '.cm-lint-marker-warning': { content: 'normal', backgroundColor: 'var(--waiting)', transform: 'rotate(45deg)' },
  '.cm-lint-marker-info': { content: 'normal', borderRadius: '4px', border: '2px solid var(--idle)' },
  '.cm-lintRange': { backgroundImage: 'none !important', textDecorationSkipInk: 'none' },
  '.cm-lintRange-error': { textDecoration: 'underline wavy var(--failed) 1px' },
  '.cm-lintRange-warning': { textDecoration: 'underline wavy var(--waiting) 1px' },
  '.cm-lintRange-info': { textDecoration: 'underline dotted var(--idle) 1px' },
  '.cm-hint': { maxWidth: '420px', padding: '4px 8px', whiteSpace: 'pre-wrap', fontFamily: 'var(--font)' },
  '.cm-tooltip-autocomplete ul li[aria-selected]': { backgroundColor: 'var(--soft)', color: 'var(--ink)' },
  '.cm-panels': { backgroundColor: 'var(--sunk)', color: 'var(--ink)' },
})

const COLOURS = HighlightStyle.define([
  { tag: tags.propertyName, color: 'var(--ink)' },
  { tag: tags.string, color: 'var(--success)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--waiting)' },
  { tag: tags.comment, color: 'var(--ink-3)' },
  { tag: tags.keyword, color: 'var(--accent)' },
])
