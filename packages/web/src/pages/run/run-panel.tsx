// The panel of the run, or of one of its items: what came out, what went in, what else is known.

import type { Run } from '@stepflow/api'
import { useQuery } from '@tanstack/react-query'
import { type ReactElement, useContext, useState } from 'react'
import { client } from '../../api/client.ts'
import { queries, queryClient } from '../../api/queries.ts'
import { durationText } from '../../model/format.ts'
import { nameOf, statusOf } from '../../model/run-words.ts'
import type { WhatIf } from '../../model/what-if.ts'
import { Fault } from '../../parts/fault.tsx'
import { OutcomeView } from '../../parts/outcome-view.tsx'
import { Status } from '../../parts/status.tsx'
import { Tabs } from '../../parts/tabs.tsx'
import { Moment, useTimeTexts } from '../../parts/time.tsx'
import { Value } from '../../parts/value.tsx'
import { Outlines } from '../../parts/waiting.tsx'

type Tab = 'output' | 'input' | 'details'

export interface RunPanelProps {
  readonly run: Run
  readonly item: number | undefined
  /** What would have made it shorter. */
  readonly whatIfs: readonly WhatIf[]
  readonly onSelect: (step: string) => void
}

export function RunPanel({ run, item, whatIfs, onSelect }: RunPanelProps): ReactElement {
  const [tab, setTab] = useState<Tab>('output')
  const { data, error, isPending } = useQuery({ ...queries.item(run.runId, item ?? 0), enabled: item !== undefined })
  const at = useContext(Moment)
  const isThen = at !== undefined && (run.completedAt === undefined || at < Date.parse(run.completedAt))
  const loadAll = () =>
    void client
      .getItem(run.runId, item ?? 0, 'full')
      .then((all) => queryClient.setQueryData(['of-run', run.runId, 'item', item], all))
  return (
    <aside className="panel of-run" aria-label="Run">
      <div className="top">
        <h2>{item === undefined || run.items.total === 1 ? nameOf(run) : `Item ${item}`}</h2>
        {data && run.items.total !== 1 ? <Status status={data.status} /> : null}
      </div>
      {item === undefined ? (
        <Details run={run} />
      ) : (
        <>
          <Tabs
            label="Details"
            selected={tab}
            onSelect={(id) => setTab(id as Tab)}
            entries={[
              { id: 'output', word: 'Output' },
              { id: 'input', word: 'Input' },
              { id: 'details', word: 'Details' },
            ]}
          />
          <div className="section bare">
            {error ? <Fault error={error} /> : null}
            {isPending ? <Outlines rows={4} /> : null}
            {tab === 'details' ? <Details run={run} /> : null}
            {tab === 'input' && data ? <Value value={data.input} what="input" loadAll={loadAll} /> : null}
            {tab === 'output' && data ? (
              data.result === undefined || isThen ? (
                <p className="ink-3">
                  {isThen ? 'It had not ended then.' : (data.waiting?.text ?? 'Nothing yet: it has not ended.')}
                </p>
              ) : (
                <OutcomeView result={data.result} what="output" loadAll={loadAll} />
              )
            ) : null}
          </div>
          {whatIfs.length > 0 && !isThen ? (
            <div className="section">
              <h3>What if</h3>
              <ul aria-label="What if">
                {whatIfs.map(({ step, shorter }) => (
                  <li key={step}>
                    <button type="button" className="link as-text" onClick={() => onSelect(step)}>
                      {step}
                    </button>{' '}
                    2x faster: run {durationText(shorter)} shorter
                  </li>
                ))}
              </ul>
            </div>
          ) : null}
        </>
      )}
    </aside>
  )
}

// ---

/** What one copies rather than reads. */
const IDS: ReadonlySet<string> = new Set(['Run', 'Flow id'])

function Details({ run }: { run: Run }): ReactElement {
  const { whole } = useTimeTexts()
  const pairs: [string, string | undefined][] = [
    ['Run', run.runId],
    ['Status', statusOf(run)],
    ['Flow', run.flowName],
    ['Version', run.flowVersion === undefined ? undefined : `v${run.flowVersion}`],
    ['Flow id', run.flowId],
    ['Created', whole(Date.parse(run.createdAt))],
    ['Started', run.startedAt && whole(Date.parse(run.startedAt))],
    ['Ended', run.completedAt && whole(Date.parse(run.completedAt))],
    ...Object.entries(run.trigger).map(([name, value]): [string, string] => [
      name === 'type' ? 'Trigger' : name,
      value,
    ]),
    ...Object.entries(run.labels),
  ]
  return (
    <dl className="pairs padded">
      {pairs
        .filter(([, value]) => value !== undefined && value !== '')
        .map(([name, value]) => (
          <div className="pair" key={name}>
            <dt>{name}</dt>
            <dd className={IDS.has(name) ? 'mono' : undefined}>{value}</dd>
          </div>
        ))}
    </dl>
  )
}
