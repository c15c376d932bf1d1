// The editor: the text of a flow, its graph beside it, and below them what is wrong, what it gives, its tests and versions.

import type { FlowDetail } from '@stepflow/api'
import { FlowError } from '@stepflow/engine'
import { useQuery } from '@tanstack/react-query'
import { createLazyRoute, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { type ReactElement, useEffect, useMemo, useRef, useState } from 'react'
import { client } from '../../api/client.ts'
import { queries, queryClient } from '../../api/queries.ts'
import { Graph } from '../../canvas/graph.tsx'
import type { GraphNode } from '../../canvas/graph-node.ts'
import { agoText } from '../../model/format.ts'
import { detailOfStep, lastVisits } from '../../model/run-graph.ts'
import { NEW_FLOW } from '../../model/sample-flow.ts'
import { Button } from '../../parts/button.tsx'
import { Pane } from '../../parts/fault.tsx'
import { Choice } from '../../parts/floating.tsx'
import { useNow } from '../../parts/time.tsx'
import { say } from '../../parts/toasts.tsx'
import { Crumb } from '../../shell/crumb.tsx'
import { Found } from '../../shell/found.tsx'
import { useTitle } from '../../shell/title.ts'
import { Conflict } from './conflict.tsx'
import { Dock, type DockTab } from './dock.tsx'
import { dropDraft, keepDraft, readDraft } from './draft.ts'
import { TextPane, type TextPaneHandle } from './text-pane.tsx'
import { useCompiled } from './use-compiled.ts'

export const editorPage = createLazyRoute('/flows/$name/edit')({ component: EditorPage })
export const newFlowPage = createLazyRoute('/flows/new')({ component: NewFlowPage })

// ---

function EditorPage(): ReactElement {
  const { name } = useParams({ from: '/flows/$name/edit' })
  const { dock } = useSearch({ from: '/flows/$name/edit' })
  const query = useQuery({ ...queries.flow(name), staleTime: Number.POSITIVE_INFINITY })
  return (
    <Found query={query} what={name}>
      {(flow) => <Editor key={name} name={name} flow={flow} firstTab={dock === 'run' ? 'run' : 'problems'} />}
    </Found>
  )
}

function NewFlowPage(): ReactElement {
  return <Editor name={undefined} flow={undefined} firstTab="problems" />
}

type Layout = 'text' | 'split' | 'graph'

interface EditorProps {
  /** Undefined: of a new one. */
  readonly name: string | undefined
  readonly flow: FlowDetail | undefined
  readonly firstTab: DockTab
}

function Editor({ name, flow, firstTab }: EditorProps): ReactElement {
  const heading = name === undefined ? 'New flow' : `Edit ${name}`
  useTitle(heading)
  const draftName = name ?? ' new'
  const draft = useMemo(() => readDraft(draftName), [draftName])
  const saved = flow?.text ?? NEW_FLOW
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
  const compiled = useCompiled(text, flow?.file ?? `${name ?? 'flow'}.yaml`)
  const nodes = useRunNodes(runId, compiled.graph)
  const isCode = flow?.dialect === 'code'
  const mayWrite = info?.role === 'admin' && info.canWriteFlows && !isCode
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
      const next = await client.saveFlow(name, { text, base: over })
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
    const line = id === undefined ? undefined : compiled.lines.get(id)
    if (line !== undefined) pane.current?.goTo(line)
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
      <div className={`editor ${layout}`}>
        {layout === 'graph' ? null : (
          <TextPane
            key={initial}
            initial={initial}
            problems={compiled.problems}
            steps={[...compiled.lines.keys()]}
            components={found?.components ?? []}
            isReadOnly={isCode}
            onChange={setText}
            onLine={(line) => setStep(stepAt(compiled.lines, line))}
            onSave={() => void save()}
            onRun={run}
            handle={pane}
          />
        )}
        {layout === 'text' ? null : (
          <div className={compiled.isStale ? 'graph-pane stale' : 'graph-pane'}>
            <Pane>
              {compiled.graph ? (
                <Graph
                  graph={compiled.graph}
                  nodes={nodes}
                  critical={[]}
                  selected={step}
                  onSelect={select}
                  isPlain={runId === undefined}
                />
              ) : (
                <p className="empty">The graph appears when the text can be read.</p>
              )}
            </Pane>
          </div>
        )}
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
        onRun={setRunId}
        onGo={(line, column) => pane.current?.goTo(line, column)}
        onRestore={(old) => pane.current?.replaceAll(old)}
      />
      {conflict ? (
        <Conflict
          mine={text}
          theirs={conflict}
          onClose={() => setConflict(undefined)}
          onTake={() => {
            setBase(conflict.version)
            setSavedText(conflict.text)
            setInitial(conflict.text)
            setText(conflict.text)
            dropDraft(draftName)
            setConflict(undefined)
          }}
          onKeep={() => void save(conflict.version)}
        />
      ) : null}
    </>
  )
}

function useNewest(name: string | undefined, flow: FlowDetail | undefined): number | undefined {
  const { data } = useQuery({ ...queries.versions(name ?? ''), enabled: name !== undefined })
  return data?.versions[0]?.version ?? flow?.version
}

function stepAt(lines: ReadonlyMap<string, number>, line: number): string | undefined {
  let found: string | undefined
  let from = 0
  for (const [id, start] of lines) if (start <= line && start > from) [found, from] = [id, start]
  return found
}

/** The run's steps on the graph, if one was started here; else each step's own kind of nothing. */
function useRunNodes(
  runId: string | undefined,
  graph: ReturnType<typeof useCompiled>['graph'],
): ReadonlyMap<string, GraphNode> {
  const { data } = useQuery({ ...queries.steps(runId ?? '', undefined), enabled: runId !== undefined })
  const now = useNow()
  return useMemo(() => {
    const last = lastVisits(data?.steps ?? [])
    const nodes = new Map<string, GraphNode>()
    for (const [shape, id] of (graph?.steps ?? []).entries()) {
      if (id === undefined) continue
      const row = last.get(id)
      const component = graph?.drawing.shapes[shape]?.detail ?? ''
      nodes.set(id, {
        id,
        status: row?.status ?? 'pending',
        recovered: row?.recovered !== undefined,
        detail: row ? detailOfStep(row, now) : component,
        description: component,
      })
    }
    return nodes
  }, [data, graph, now])
}

function DraftMark({
  version,
  isChanged,
  draft,
}: {
  version: number
  isChanged: boolean
  draft: ReturnType<typeof readDraft>
}): ReactElement {
  const now = useNow()
  return (
    <span className="small ink-2">
      {version === 0 ? '' : `v${version}`}
      {isChanged ? `${version === 0 ? '' : ', '}draft` : ''}
      {isChanged && draft ? <span className="ink-3"> kept here {agoText(draft.at, now)}</span> : null}
    </span>
  )
}
