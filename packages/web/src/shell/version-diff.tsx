// Two versions of a flow beside each other: their texts line by line, or one graph of both. Loaded when it is asked for.

import { withLf } from '@stepflow/dialects'
import { useQuery } from '@tanstack/react-query'
import { type ReactElement, useEffect, useId, useMemo, useState } from 'react'
import { queries } from '../api/queries.ts'
import { Graph } from '../canvas/graph.tsx'
import type { GraphNode } from '../canvas/graph-node.ts'
import type { FlowDiff } from '../model/flow-diff.ts'
import { Button } from '../parts/button.tsx'
import { Diff } from '../parts/diff.tsx'
import { Fault } from '../parts/fault.tsx'
import { Choice, Dialog } from '../parts/floating.tsx'
import { Outlines } from '../parts/waiting.tsx'
import type { DiffAnswer, DiffRequest } from '../worker/compile.worker.ts'

export interface VersionDiffProps {
  readonly name: string
  readonly file: string | undefined
  /** From the newest. */
  readonly versions: readonly number[]
  /** The one that is looked at, with the one before it, or with what is written. */
  readonly version: number
  /** In the editor: what is written there now. */
  readonly written?: string
  readonly onClose: () => void
}

/** In place of a number: what is written. */
const WRITTEN = 0

export function VersionDiff({ name, file, versions, version, written, onClose }: VersionDiffProps): ReactElement {
  const older = versions.find((one) => one < version) ?? version
  const [before, setBefore] = useState(written === undefined ? older : version)
  const [after, setAfter] = useState(written === undefined ? version : WRITTEN)
  const [look, setLook] = useState<'text' | 'graph'>('text')
  const first = useText(name, before, written)
  const second = useText(name, after, written)
  const error = first.error ?? second.error
  const words = (one: number) => (one === WRITTEN ? 'what is written' : `v${one}`)
  const choices = [...(written === undefined ? [] : [WRITTEN]), ...versions]
  return (
    <Dialog
      title="Compare versions"
      isOpen
      onOpenChange={onClose}
      isWide
      foot={<Button onPress={onClose}>Close</Button>}
    >
      <div className="row version-choice">
        <Which label="Before" value={before} choices={choices} words={words} onChange={setBefore} />
        <Which label="After" value={after} choices={choices} words={words} onChange={setAfter} />
        <span className="fill" />
        <Choice
          label="Shown as"
          isLabelHidden
          value={look}
          choices={[
            ['text', 'Text'],
            ['graph', 'Graph'],
          ]}
          onChange={setLook}
        />
      </div>
      {error ? (
        <Fault error={error} />
      ) : first.text === undefined || second.text === undefined ? (
        <Outlines rows={6} />
      ) : look === 'text' ? (
        <Diff label="Difference" before={first.text} after={second.text} names={[words(before), words(after)]} />
      ) : (
        <GraphDiff before={first.text} after={second.text} file={file ?? `${name}.yaml`} />
      )}
    </Dialog>
  )
}

// ---

interface WhichProps {
  readonly label: string
  readonly value: number
  readonly choices: readonly number[]
  readonly words: (one: number) => string
  readonly onChange: (to: number) => void
}

function Which({ label, value, choices, words, onChange }: WhichProps): ReactElement {
  const id = useId()
  return (
    <span className="row">
      <label htmlFor={id}>{label}</label>
      <select id={id} value={value} onChange={(event) => onChange(Number(event.target.value))}>
        {choices.map((one) => (
          <option key={one} value={one}>
            {words(one)}
          </option>
        ))}
      </select>
    </span>
  )
}

function useText(name: string, version: number, written: string | undefined) {
  const { data, error } = useQuery({ ...queries.version(name, version), enabled: version !== WRITTEN })
  return { text: version === WRITTEN ? written : data && withLf(data.text), error }
}

function GraphDiff({ before, after, file }: Pick<DiffRequest, 'before' | 'after' | 'file'>): ReactElement {
  const [answer, setAnswer] = useState<DiffAnswer>()
  useEffect(() => {
    setAnswer(undefined)
    const worker = new Worker(new URL('../worker/compile.worker.ts', import.meta.url), { type: 'module' })
    worker.onmessage = ({ data }: MessageEvent<DiffAnswer>) => setAnswer(data)
    worker.postMessage({ ask: 'diff', number: 0, before, after, file } satisfies DiffRequest)
    return () => worker.terminate()
  }, [before, after, file])
  const { diff } = answer ?? {}
  const nodes = useMemo(() => (diff ? nodesOf(diff) : new Map<string, GraphNode>()), [diff])
  const [selected, setSelected] = useState<string>()
  if (!answer) return <Outlines rows={6} />
  if (!diff) return <p className="empty">One of the two has errors, so it has no graph.</p>
  const counts = (['added', 'changed', 'removed'] as const).map((mark) => {
    const count = [...diff.marks.values()].filter((one) => one === mark).length
    return `${count} ${mark}`
  })
  return (
    <>
      <p className="small ink-2">Steps: {counts.join(', ')}</p>
      <div className="graph-diff">
        <Graph graph={diff.graph} nodes={nodes} selected={selected} onSelect={setSelected} isPlain />
      </div>
    </>
  )
}

function nodesOf({ graph, marks }: FlowDiff): ReadonlyMap<string, GraphNode> {
  const nodes = new Map<string, GraphNode>()
  graph.steps.forEach((id, shape) => {
    if (id === undefined) return
    const detail = graph.drawing.shapes[shape]?.detail ?? ''
    const mark = marks.get(id)
    nodes.set(id, {
      id,
      status: 'pending',
      recovered: false,
      detail,
      description: detail,
      ...(mark === undefined ? {} : { mark }),
    })
  })
  return nodes
}
