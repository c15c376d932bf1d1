// The panel of a step of two runs: its values and its source beside each other, and how long it took in both.

import type { Run, RunFlow } from '@stepflow/api'
import { useQueries } from '@tanstack/react-query'
import { X } from 'lucide-react'
import { type ReactElement, useState } from 'react'
import { queries } from '../../api/queries.ts'
import { type Compared, lastedOf } from '../../model/compare.ts'
import { durationText } from '../../model/format.ts'
import { Button } from '../../parts/button.tsx'
import { Diff } from '../../parts/diff.tsx'
import { Fault } from '../../parts/fault.tsx'
import { Status } from '../../parts/status.tsx'
import { Tabs } from '../../parts/tabs.tsx'
import { Outlines } from '../../parts/waiting.tsx'

export interface Side {
  readonly run: Run
  readonly item: number | undefined
  readonly flow: RunFlow | undefined
}

type Tab = 'output' | 'input' | 'source'

export interface ComparePanelProps {
  readonly pair: Compared
  readonly a: Side
  readonly b: Side
  readonly onClose: () => void
}

export function ComparePanel({ pair, a, b, onClose }: ComparePanelProps): ReactElement {
  const [tab, setTab] = useState<Tab>('output')
  const of = ({ item }: Side) => (item === undefined ? {} : { item })
  const [first, second] = useQueries({
    queries: [
      { ...queries.step(a.run.runId, pair.id, of(a)), enabled: pair.a !== undefined },
      { ...queries.step(b.run.runId, pair.id, of(b)), enabled: pair.b !== undefined },
    ],
  })
  const error = first.error ?? second.error
  const isPending = (pair.a !== undefined && first.isPending) || (pair.b !== undefined && second.isPending)
  return (
    <aside className="panel" aria-label={`Step ${pair.id}`}>
      <div className="top">
        <h2 className="row">
          <span className="cut">{pair.id}</span>
          {pair.differs ? <span className="small ink-2">differs</span> : null}
          <span className="fill" />
          <Button look="bare" dense square aria-label="Close" onPress={onClose}>
            <X size={16} />
          </Button>
        </h2>
        <p className="row small">
          <span className="letter A">A</span>
          {pair.a ? <Status status={pair.a.status} /> : 'not in it'}
          <span className="letter B">B</span>
          {pair.b ? <Status status={pair.b.status} /> : 'not in it'}
        </p>
        {pair.why === '' ? null : <p className="small ink-2">{pair.why}</p>}
      </div>
      <Tabs
        label="Details"
        selected={tab}
        onSelect={(id) => setTab(id as Tab)}
        entries={[
          { id: 'output', word: 'Output' },
          { id: 'input', word: 'Input' },
          { id: 'source', word: 'Source' },
        ]}
      />
      <div className="section bare">
        {error ? <Fault error={error} /> : null}
        {isPending ? (
          <Outlines rows={4} />
        ) : (
          <Diff
            label={tab}
            before={textOf(tab, first.data, a)}
            after={textOf(tab, second.data, b)}
            names={['A', 'B']}
          />
        )}
      </div>
      <div className="section">
        <h3>Duration</h3>
        <Bars a={lastedOf(pair.a)} b={lastedOf(pair.b)} />
      </div>
    </aside>
  )
}

// ---

type Detail = { readonly input?: unknown; readonly output?: unknown; readonly error?: unknown } | undefined

function textOf(tab: Tab, data: Detail, { flow }: Side): string {
  if (tab === 'source') return flow?.text ?? ''
  const value = tab === 'input' ? data?.input : (data?.output ?? data?.error)
  return value === undefined ? '' : JSON.stringify(value, null, 2)
}

function Bars({ a, b }: { a: number | undefined; b: number | undefined }): ReactElement {
  const most = Math.max(1, a ?? 0, b ?? 0)
  return (
    <>
      {(['A', 'B'] as const).map((letter) => {
        const ms = letter === 'A' ? a : b
        return (
          <p key={letter} className="row small compare-bar">
            <span className="ink-3">{letter}</span>
            {ms === undefined ? (
              <span className="ink-3">it did not run to an end</span>
            ) : (
              <>
                <i className={letter} style={{ width: `${Math.max(1, (70 * ms) / most)}%` }} />
                {durationText(ms)}
              </>
            )}
          </p>
        )
      })}
    </>
  )
}
