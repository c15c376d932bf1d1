// The editor: the text of a flow, its graph beside it, and below them what is wrong, what it gives, its tests and versions.

import type { FlowDetail } from '@stepflow/api'
import { withLf } from '@stepflow/dialects'
import type { Json } from '@stepflow/engine'
import { useQuery } from '@tanstack/react-query'
import { createLazyRoute, useParams, useSearch } from '@tanstack/react-router'
import { type KeyboardEvent, type ReactElement, useMemo, useRef, useState } from 'react'
import { queries } from '../../api/queries.ts'
import { stepFrom } from '../../model/new-step.ts'
import { NEW_FLOW } from '../../model/sample-flow.ts'
import { stepAt } from '../../model/text-hints.ts'
import { Button } from '../../parts/button.tsx'
import { Choice } from '../../parts/floating.tsx'
import { NARROW } from '../../parts/media.ts'
import { useSteady } from '../../parts/steady.ts'
import { Crumb } from '../../shell/crumb.tsx'
import { Found } from '../../shell/found.tsx'
import { useTitle } from '../../shell/title.ts'
import { Conflict } from './conflict.tsx'
import { Dock } from './dock.tsx'
import type { DockTab } from './dock-props.ts'
import { draftNameOf, readDraft } from './draft.ts'
import { DraftMark } from './draft-mark.tsx'
import { GraphSide } from './graph-side.tsx'
import { NameDialog } from './name-dialog.tsx'
import { NewerLine } from './newer-line.tsx'
import type { Component } from './palette.tsx'
import { SaveAs } from './save-as.tsx'
import { StepSide } from './step-side.tsx'
import { TextPane, type TextPaneHandle } from './text-pane.tsx'
import { useChanges } from './use-changes.ts'
import { useCompiled } from './use-compiled.ts'
import { useLastValues } from './use-last-values.ts'
import { useLastOf, useReferences } from './use-references.ts'
import { useRunNodes } from './use-run-nodes.ts'
import { type PartToRun, useRunsHere } from './use-runs-here.ts'
import { useSaving } from './use-saving.ts'
import { useTestFrom } from './use-test-from.ts'

export const editorPage = createLazyRoute('/flows/$name/edit')({ component: EditorPage })
export const newFlowPage = createLazyRoute('/flows/new')({ component: NewFlowPage })

// ---

function EditorPage(): ReactElement {
  const { name } = useParams({ from: '/flows/$name/edit' })
  const { dock, test } = useSearch({ from: '/flows/$name/edit' })
  const query = useQuery({ ...queries.flow(name), staleTime: Number.POSITIVE_INFINITY })
  return (
    <Found query={query} what={name}>
      {(flow) => (
        <Editor key={name} name={name} flow={flow} firstTab={dock === 'run' ? 'run' : 'problems'} testFrom={test} />
      )}
    </Found>
  )
}

function NewFlowPage(): ReactElement {
  return <Editor name={undefined} flow={undefined} firstTab="problems" testFrom={undefined} />
}

type Layout = 'text' | 'split' | 'graph'

interface EditorProps {
  /** Undefined: of a new one. */
  readonly name: string | undefined
  readonly flow: FlowDetail | undefined
  readonly firstTab: DockTab
  /** A run that becomes a case of the flow's tests. */
  readonly testFrom: string | undefined
}

function Editor({ name, flow, firstTab, testFrom }: EditorProps): ReactElement {
  const heading = name === undefined ? 'New flow' : `Edit ${name}`
  useTitle(heading)
  const draft = useMemo(() => readDraft(draftNameOf(name)), [name])
  const saved = withLf(flow?.text ?? NEW_FLOW)
  const [initial, setInitial] = useState(draft?.text ?? saved)
  const [text, setText] = useState(initial)
  const [layout, setLayout] = useState<Layout>(matchMedia(NARROW).matches ? 'text' : 'split')
  const [tab, setTab] = useState<DockTab>(firstTab)
  const [step, setStep] = useState<string>()
  const [runId, setRunId] = useState<string>()
  const [conflict, setConflict] = useState<{ readonly theirs: FlowDetail | undefined }>()
  const [otherName, setOtherName] = useState<string>()
  const [isFormOpen, setFormOpen] = useState(false)
  const [asks, setAsks] = useState<'rename' | 'connect'>()
  const [pins, setPins] = useState<ReadonlyMap<string, Json>>(() => new Map(Object.entries(draft?.pins ?? {})))
  const pane = useRef<TextPaneHandle>(null)
  const { data: info } = useQuery(queries.info())
  const { data: found } = useQuery(queries.components())
  const components = found?.components ?? NONE
  const file = flow?.file
  const compiled = useCompiled(text, file ?? `${name ?? 'flow'}.yaml`, isFormOpen ? step : undefined)
  const last = useLastValues(name, runId)
  const referencesOf = useReferences(compiled, components, last)
  const lastOf = useLastOf(referencesOf)
  const { change, tryChange } = useChanges(compiled, pane, setStep)
  const nodes = useRunNodes(runId, compiled.graph)
  useTestFrom(name, testFrom, change)
  const isCode = flow?.dialect === 'code'
  const isReadOnly = isCode || info?.role === 'viewer'
  // What is of no file is kept in the store.
  const mayWrite = info?.role === 'admin' && !isReadOnly && (file === undefined || info.canWriteFlows)
  const mayRun = info !== undefined && info.role !== 'viewer'
  const errors = compiled.problems.filter(({ level }) => level === 'error' || level === 'fatal')
  const saving = useSaving({
    name,
    flow,
    text,
    saved,
    pins,
    draft,
    onText(next) {
      setInitial(next)
      setText(next)
    },
    onConflict: (theirs) => setConflict({ theirs }),
  })
  const runs = useRunsHere({
    name,
    text,
    file,
    inputSchema: compiled.about.inputSchema ?? flow?.inputSchema,
    examples: flow?.examples,
    lines: compiled.lines,
    pins,
    last,
    runId,
    onRun: setRunId,
  })

  const toFirstProblem = () => {
    const [first] = errors
    if (!first) return false
    setTab('problems')
    pane.current?.goTo(first.line ?? 1, first.column)
    return true
  }
  const save = () => {
    if (!mayWrite || toFirstProblem()) return
    const own = compiled.about.name ?? name
    if (name !== undefined && own !== name) setOtherName(own)
    else if (own === undefined) pane.current?.goTo(1)
    else void saving.save(own)
  }
  const run = (part: PartToRun = {}) => {
    if (!mayRun || toFirstProblem()) return
    setTab('run')
    void runs.start(part)
  }
  const select = useSteady((id: string | undefined) => {
    setStep(id)
    setFormOpen(id !== undefined)
    const line = id === undefined ? undefined : compiled.lines.get(id)
    if (line !== undefined) pane.current?.show(line)
  })
  const add = useSteady((component: Component) => {
    change(stepFrom(component, [...compiled.lines.keys()], step, compiled.about))
    setFormOpen(true)
  })
  const ask = (what: 'rename' | 'connect') => {
    if (step !== undefined && !isReadOnly) setAsks(what)
  }
  const upToHere = () => run(step === undefined ? {} : { until: step })
  const onKeyDown = (event: KeyboardEvent) => {
    const isCommand = event.ctrlKey || event.metaKey
    const target = event.target as HTMLElement
    if (target.closest('.cm-editor')) return
    const isTyped = target.closest('input, textarea, select') !== null
    if (event.key === 'F2') ask('rename')
    else if (event.altKey && event.key.toLowerCase() === 'c') ask('connect')
    else if (isCommand && event.key === 's') save()
    else if (isCommand && event.key === 'Enter') event.shiftKey ? upToHere() : run()
    else if (isCommand && event.key === 'z' && !isTyped) event.shiftKey ? pane.current?.redo() : pane.current?.undo()
    else if (event.key === 'Delete' && step !== undefined && target.closest('.canvas')) change({ op: 'delete', step })
    else return
    event.preventDefault()
  }
  const { base, isChanged, newer, newest } = saving
  const published = flow?.publishedVersion
  return (
    // Its keys hold wherever the focus is on the page.
    <div className="editor-page" onKeyDown={onKeyDown}>
      <header className="head">
        <Crumb to="/flows" word="Flows" />
        <h1 className="cut">{heading}</h1>
        <DraftMark version={base} isChanged={isChanged} keptAt={saving.keptAt} />
        <span className="fill" />
        <Choice
          label="Layout"
          isLabelHidden
          value={layout}
          choices={[
            ['text', 'Text'],
            ['split', 'Split'],
            ['graph', 'Graph'],
          ]}
          onChange={setLayout}
        />
        {mayRun ? (
          <Button isDisabled={runs.input.isStarting} onPress={() => run()}>
            Run
          </Button>
        ) : null}
        {mayWrite ? (
          <Button look={isChanged ? 'primary' : 'plain'} isDisabled={!isChanged} onPress={save}>
            Save
          </Button>
        ) : null}
        {mayWrite && name !== undefined && file === undefined && !isChanged && newest !== published ? (
          <Button look="primary" onPress={saving.publish}>
            Publish v{newest}
          </Button>
        ) : null}
      </header>
      {isCode ? <p className="padded-line ink-2">This flow is code: it is changed where its file is.</p> : null}
      {newer && isChanged ? <NewerLine newer={newer} onCompare={() => setConflict({ theirs: newer })} /> : null}
      <div className={`editor ${layout}${isFormOpen && compiled.written ? ' with-form' : ''}`}>
        {/* It stays where the graph alone is in sight: its history is what undo goes through. */}
        <TextPane
          key={`${isReadOnly} ${initial}`}
          initial={initial}
          problems={compiled.problems}
          lines={compiled.lines}
          components={components}
          referencesOf={referencesOf}
          lastOf={lastOf}
          isReadOnly={isReadOnly}
          onChange={setText}
          onLine={(line) => setStep(stepAt(compiled.lines, line))}
          onSave={save}
          onRun={run}
          onRunUpToHere={upToHere}
          onRename={() => ask('rename')}
          onConnect={() => ask('connect')}
          handle={pane}
        />
        {layout === 'text' ? null : (
          <GraphSide
            graph={compiled.graph}
            isStale={compiled.isStale}
            nodes={nodes}
            components={components}
            selected={step}
            isPlain={runId === undefined}
            isReadOnly={isReadOnly}
            onSelect={select}
            onAdd={add}
            onChange={change}
          />
        )}
        <Dock
          tab={tab}
          onTab={setTab}
          name={name}
          text={text}
          file={file}
          step={step}
          compiled={compiled}
          runs={runs}
          last={last}
          pins={pins}
          onUnpin={(id) => setPins((now) => withPin(now, id, undefined))}
          onChange={change}
          mayChange={!isReadOnly}
          mayRun={mayRun}
          onGo={(line, column) => pane.current?.goTo(line, column)}
          onRestore={(old) => pane.current?.replaceAll(withLf(old))}
        />
        {isFormOpen ? (
          <StepSide
            compiled={compiled}
            components={components}
            referencesOf={referencesOf}
            last={last}
            pins={pins}
            mayRun={mayRun}
            isReadOnly={isReadOnly}
            onChange={change}
            onPin={(id, value) => setPins((now) => withPin(now, id, value))}
            onTest={(id) => run({ only: id })}
            onRename={() => ask('rename')}
            onConnect={() => ask('connect')}
            onClose={() => setFormOpen(false)}
          />
        ) : null}
      </div>
      {asks !== undefined && step !== undefined ? (
        <NameDialog
          title={asks === 'rename' ? `Rename ${step}` : `Connect ${step}`}
          label={asks === 'rename' ? 'New name' : 'Target'}
          initial={asks === 'rename' ? step : ''}
          hint={asks === 'rename' ? 'All that refers to it is renamed too.' : `The step that waits for ${step}.`}
          names={asks === 'rename' ? [] : [...compiled.lines.keys()].filter((id) => id !== step)}
          action={asks === 'rename' ? 'Rename' : 'Connect'}
          onName={(to) => tryChange(asks === 'rename' ? { op: 'rename', step, to } : { op: 'connect', from: step, to })}
          onClose={() => setAsks(undefined)}
        />
      ) : null}
      {otherName === undefined ? null : (
        <SaveAs
          name={name ?? ''}
          other={otherName}
          onSave={() => void saving.save(otherName).then(() => setOtherName(undefined))}
          onClose={() => setOtherName(undefined)}
        />
      )}
      {conflict && name !== undefined ? (
        <Conflict
          mine={text}
          theirs={conflict.theirs}
          onClose={() => setConflict(undefined)}
          onTake={() => {
            if (conflict.theirs) saving.take(conflict.theirs)
            setConflict(undefined)
          }}
          onKeep={() =>
            void saving.save(name, conflict.theirs?.version ?? 0).then((isSaved) => isSaved && setConflict(undefined))
          }
        />
      ) : null}
    </div>
  )
}

const NONE: readonly Component[] = []

function withPin(pins: ReadonlyMap<string, Json>, step: string, value: Json | undefined): ReadonlyMap<string, Json> {
  const next = new Map(pins)
  if (value === undefined) next.delete(step)
  else next.set(step, value)
  return next
}
