// The editor: the text of a flow, its graph beside it, and below them what is wrong, what it gives, its tests and versions.

import type { FlowDetail } from '@stepflow/api'
import { FlowError, type Json } from '@stepflow/engine'
import { useQuery } from '@tanstack/react-query'
import { createLazyRoute, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { type KeyboardEvent, type ReactElement, useEffect, useMemo, useRef, useState } from 'react'
import { client } from '../../api/client.ts'
import { queries, queryClient } from '../../api/queries.ts'
import { Graph } from '../../canvas/graph.tsx'
import { stepFrom } from '../../model/new-step.ts'
import { NEW_FLOW } from '../../model/sample-flow.ts'
import { stepAt } from '../../model/text-hints.ts'
import { Button } from '../../parts/button.tsx'
import { Pane } from '../../parts/fault.tsx'
import { Choice } from '../../parts/floating.tsx'
import { say } from '../../parts/toasts.tsx'
import { Crumb } from '../../shell/crumb.tsx'
import { Found } from '../../shell/found.tsx'
import { useTitle } from '../../shell/title.ts'
import { Conflict } from './conflict.tsx'
import { Dock, type DockTab } from './dock.tsx'
import { dropDraft, keepDraft, readDraft } from './draft.ts'
import { DraftMark } from './draft-mark.tsx'
import { NameDialog } from './name-dialog.tsx'
import { type Component, Palette } from './palette.tsx'
import { StepSide } from './step-side.tsx'
import { TextPane, type TextPaneHandle } from './text-pane.tsx'
import { useChanges } from './use-changes.ts'
import { useCompiled } from './use-compiled.ts'
import { useLastValues } from './use-last-values.ts'
import { useRunNodes } from './use-run-nodes.ts'
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
  const draftName = name ?? ' new'
  const draft = useMemo(() => readDraft(draftName), [draftName])
  // The editor knows one line end; a file keeps its own.
  const isCrlf = flow?.text.includes('\r\n') === true
  const saved = (flow?.text ?? NEW_FLOW).replaceAll('\r\n', '\n')
  const [initial, setInitial] = useState(draft?.text ?? saved)
  const [text, setText] = useState(initial)
  const [base, setBase] = useState(draft?.base ?? flow?.version ?? 0)
  const [savedText, setSavedText] = useState(name === undefined ? '' : saved)
  const [layout, setLayout] = useState<Layout>(matchMedia('(max-width: 599px)').matches ? 'text' : 'split')
  const [tab, setTab] = useState<DockTab>(firstTab)
  const [step, setStep] = useState<string>()
  const [runId, setRunId] = useState<string>()
  const [conflict, setConflict] = useState<FlowDetail>()
  const pane = useRef<TextPaneHandle>(null)
  const navigate = useNavigate()
  const { data: info } = useQuery(queries.info())
  const { data: found } = useQuery(queries.components())
  const components = found?.components ?? NONE
  const [isFormOpen, setFormOpen] = useState(false)
  const [asks, setAsks] = useState<'rename' | 'connect'>()
  const [pins, setPins] = useState<ReadonlyMap<string, Json>>(new Map())
  const compiled = useCompiled(text, flow?.file ?? `${name ?? 'flow'}.yaml`, isFormOpen ? step : undefined)
  const last = useLastValues(name, runId)
  const { change, tryChange } = useChanges(compiled, pane, setStep)
  const nodes = useRunNodes(runId, compiled.graph)
  useTestFrom(name, testFrom, change)
  const isCode = flow?.dialect === 'code'
  const mayWrite = info?.role === 'admin' && info.canWriteFlows && !isCode
  const isReadOnly = isCode
  const isChanged = text !== savedText
  const errors = compiled.problems.filter(({ level }) => level === 'error' || level === 'fatal')

  useEffect(() => {
    if (!isChanged) return dropDraft(draftName)
    const timer = setTimeout(() => keepDraft(draftName, { text, base, at: Date.now() }), 1_000)
    return () => clearTimeout(timer)
  }, [text, base, isChanged, draftName])

  const toFirstProblem = () => {
    const [first] = errors
    if (!first) return false
    setTab('problems')
    pane.current?.goTo(first.line ?? 1, first.column)
    return true
  }
  const save = async (over = base) => {
    if (!mayWrite || toFirstProblem()) return
    try {
      if (name === undefined) {
        const added = await client.addFlow({ flow: text })
        dropDraft(draftName)
        await queryClient.invalidateQueries({ queryKey: ['flows'] })
        await navigate({ to: '/flows/$name/edit', params: { name: added.name ?? 'flow' } })
        return
      }
      const next = await client.saveFlow(name, { text: isCrlf ? text.replaceAll('\n', '\r\n') : text, base: over })
      queryClient.setQueryData(['flow', name], next)
      setBase(next.version)
      setSavedText(text)
      setConflict(undefined)
      await queryClient.invalidateQueries({ queryKey: ['flow', name, 'versions'] })
      say(
        next.publishedVersion === next.version
          ? `Saved and published as v${next.version}`
          : `Saved as v${next.version}`,
      )
    } catch (error) {
      if (FlowError.is(error) && error.code === 'CONFLICT' && name !== undefined)
        setConflict(await client.getFlow(name))
      else say((error as Error).message, { isFault: true })
    }
  }
  const publish = async () => {
    if (name === undefined) return
    try {
      const next = await client.publishFlow(name)
      queryClient.setQueryData(['flow', name], next)
      await queryClient.invalidateQueries({ queryKey: ['flows'] })
      say(`Version ${next.version} is published`)
    } catch (error) {
      say((error as Error).message, { isFault: true })
    }
  }
  const run = () => {
    if (!toFirstProblem()) setTab('run')
  }
  const select = (id: string | undefined) => {
    setStep(id)
    setFormOpen(id !== undefined)
    const line = id === undefined ? undefined : compiled.lines.get(id)
    if (line !== undefined) pane.current?.show(line)
  }
  const ask = (what: 'rename' | 'connect') => {
    if (step !== undefined && !isReadOnly) setAsks(what)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const isCommand = event.ctrlKey || event.metaKey
    const target = event.target as HTMLElement
    if (target.closest('.cm-editor')) return
    const isTyped = target.closest('input, textarea, select') !== null
    if (event.key === 'F2') ask('rename')
    else if (event.altKey && event.key.toLowerCase() === 'c') ask('connect')
    else if (isCommand && event.key === 's') void save()
    else if (isCommand && event.key === 'z' && !isTyped) event.shiftKey ? pane.current?.redo() : pane.current?.undo()
    else if (event.key === 'Delete' && step !== undefined && target.closest('.canvas')) change({ op: 'delete', step })
    else return
    event.preventDefault()
  }
  const published = flow?.publishedVersion
  const newest = useNewest(name, flow)
  return (
    <>
      <header className="head">
        <Crumb to="/flows" word="Flows" />
        <h1 className="cut">{heading}</h1>
        <DraftMark version={base} isChanged={isChanged} draft={draft} />
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
        {info?.role === 'viewer' ? null : <Button onPress={run}>Run</Button>}
        {mayWrite ? (
          <Button look={isChanged ? 'primary' : 'plain'} isDisabled={!isChanged} onPress={() => void save()}>
            Save
          </Button>
        ) : null}
        {mayWrite && name !== undefined && flow?.file === undefined && !isChanged && newest !== published ? (
          <Button look="primary" onPress={() => void publish()}>
            Publish v{newest}
          </Button>
        ) : null}
      </header>
      {isCode ? <p className="padded-line ink-2">This flow is code: it is changed where its file is.</p> : null}
      <div className={`editor ${layout}${isFormOpen && compiled.written ? ' with-form' : ''}`} onKeyDown={onKeyDown}>
        {/* It stays where the graph alone is in sight: its history is what undo goes through. */}
        <TextPane
          key={initial}
          initial={initial}
          problems={compiled.problems}
          lines={compiled.lines}
          components={components}
          isReadOnly={isReadOnly}
          onChange={setText}
          onLine={(line) => setStep(stepAt(compiled.lines, line))}
          onSave={() => void save()}
          onRun={run}
          onRename={() => ask('rename')}
          onConnect={() => ask('connect')}
          handle={pane}
        />
        {layout === 'text' ? null : (
          <div className={compiled.isStale ? 'graph-pane stale' : 'graph-pane'}>
            {isReadOnly ? null : (
              <div className="graph-tools">
                <Palette
                  components={components}
                  onAdd={(component) => {
                    change(stepFrom(component, [...compiled.lines.keys()], step, text))
                    setFormOpen(true)
                  }}
                />
              </div>
            )}
            <Pane>
              {compiled.graph ? (
                <Graph
                  graph={compiled.graph}
                  nodes={nodes}
                  critical={[]}
                  selected={step}
                  onSelect={select}
                  isPlain={runId === undefined}
                  {...(isReadOnly
                    ? {}
                    : { onConnect: (from: string, to: string) => change({ op: 'connect', from, to }) })}
                />
              ) : (
                <p className="empty">The graph appears when the text can be read.</p>
              )}
            </Pane>
          </div>
        )}
        {isFormOpen ? (
          <StepSide
            compiled={compiled}
            components={components}
            last={last}
            pins={pins}
            mayRun={info !== undefined && info.role !== 'viewer'}
            isReadOnly={isReadOnly}
            onChange={change}
            onPin={(id, value) => setPins((now) => withPin(now, id, value))}
            onTest={() => setTab('run')}
            onRename={() => ask('rename')}
            onConnect={() => ask('connect')}
            onClose={() => setFormOpen(false)}
          />
        ) : null}
      </div>
      <Dock
        tab={tab}
        onTab={setTab}
        name={name}
        text={text}
        file={flow?.file}
        step={step}
        compiled={compiled}
        runId={runId}
        examples={flow?.examples ?? []}
        last={last}
        pins={pins}
        onUnpin={(id) => setPins((now) => withPin(now, id, undefined))}
        onChange={change}
        mayChange={!isReadOnly}
        onRun={setRunId}
        onGo={(line, column) => pane.current?.goTo(line, column)}
        onRestore={(old) => pane.current?.replaceAll(old)}
      />
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
      {conflict ? (
        <Conflict
          mine={text}
          theirs={conflict}
          onClose={() => setConflict(undefined)}
          onTake={() => {
            const theirs = conflict.text.replaceAll('\r\n', '\n')
            setBase(conflict.version)
            setSavedText(theirs)
            setInitial(theirs)
            setText(theirs)
            dropDraft(draftName)
            setConflict(undefined)
          }}
          onKeep={() => void save(conflict.version)}
        />
      ) : null}
    </>
  )
}

const NONE: readonly Component[] = []

function useNewest(name: string | undefined, flow: FlowDetail | undefined): number | undefined {
  const { data } = useQuery({ ...queries.versions(name ?? ''), enabled: name !== undefined })
  return data?.versions[0]?.version ?? flow?.version
}

function withPin(pins: ReadonlyMap<string, Json>, step: string, value: Json | undefined): ReadonlyMap<string, Json> {
  const next = new Map(pins)
  if (value === undefined) next.delete(step)
  else next.set(step, value)
  return next
}
