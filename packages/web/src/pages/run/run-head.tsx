// The head of a run: what it is, how it stands, what one may do with it.

import type { Run } from '@stepflow/api'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { Ellipsis } from 'lucide-react'
import { type ReactElement, useState } from 'react'
import { client } from '../../api/client.ts'
import { queries, queryClient } from '../../api/queries.ts'
import { middleCut } from '../../model/format.ts'
import type { StepRow } from '../../model/run-graph.ts'
import { detailOf, isOver, nameOf, statusOf } from '../../model/run-words.ts'
import { Button, buttonClass } from '../../parts/button.tsx'
import { Copy } from '../../parts/copy.tsx'
import { Menu } from '../../parts/floating.tsx'
import { Status } from '../../parts/status.tsx'
import { attempt, say } from '../../parts/toasts.tsx'
import { Crumb } from '../../shell/crumb.tsx'
import { AsCommand } from './as-command.tsx'
import { CompareDialog } from './compare-dialog.tsx'
import { ConfirmDelete } from './confirm-delete.tsx'
import { RerunDialog } from './rerun-dialog.tsx'
import type { RunPlace } from './run-place.ts'

export function RunHead({ run, rows, place }: { run: Run; rows: readonly StepRow[]; place: RunPlace }): ReactElement {
  const [open, setOpen] = useState<'rerun' | 'compare' | 'command' | 'delete' | undefined>()
  const { data: info } = useQuery(queries.info())
  const { data: waits } = useQuery(queries.waits())
  const wait = waits?.waits.find(({ runId }) => runId === run.runId)
  const mayAct = info?.role === 'operator' || info?.role === 'admin'
  const failed = rows.find(({ status, recovered }) => status === 'failed' && recovered === undefined)?.stepId
  const isEnded = isOver(run)
  const navigate = useNavigate()
  const { flowName } = run
  const openEditor = (name: string) => void navigate({ to: '/flows/$name/edit', params: { name }, search: {} })
  const steer = (action: 'cancelRun' | 'pauseRun' | 'resumeRun', done: string, undo?: () => void) =>
    attempt(async () => {
      queryClient.setQueryData(['run', run.runId], await client[action](run.runId))
      if (undo) say(done, { undo })
    })
  const download = () =>
    attempt(async () => {
      const text = JSON.stringify(await client.exportRun(run.runId))
      const link = document.createElement('a')
      link.href = URL.createObjectURL(new Blob([text], { type: 'application/json' }))
      link.download = `${run.runId}.json`
      link.click()
      URL.revokeObjectURL(link.href)
    })
  return (
    <header className="head">
      <Crumb to="/runs" word="Runs" />
      <h1>
        <span className="cut">{nameOf(run)}</span> <span className="mono ink-2 cut">{run.runId}</span>
      </h1>
      <Copy text={run.runId} what="id" />
      <Status status={statusOf(run)} recovered={Boolean(run.recovered)} detail={headDetail(run)} />
      <span className="fill" />
      <Button onPress={() => setOpen('compare')}>Compare</Button>
      {mayAct && !isEnded && run.status !== 'paused' ? (
        <Button onPress={() => void steer('pauseRun', 'Paused', () => void steer('resumeRun', ''))}>Pause</Button>
      ) : null}
      {mayAct && run.status === 'paused' ? <Button onPress={() => void steer('resumeRun', '')}>Resume</Button> : null}
      {mayAct && !isEnded ? <Button onPress={() => void steer('cancelRun', '')}>Cancel</Button> : null}
      {mayAct && isEnded ? (
        <Button look={failed === undefined ? 'plain' : 'primary'} onPress={() => setOpen('rerun')}>
          Rerun{failed === undefined ? '' : ` from ${middleCut(failed, MOST_NAME)}`}
        </Button>
      ) : null}
      <Menu
        label="More"
        button={
          <Button look="bare" square aria-label="More">
            <Ellipsis size={16} />
          </Button>
        }
        entries={[
          ...(mayAct && flowName !== undefined
            ? [{ id: 'editor', word: 'Open in editor', onAction: () => openEditor(flowName) }]
            : []),
          { id: 'command', word: 'As command', onAction: () => setOpen('command') },
          { id: 'export', word: 'Export', onAction: () => void download() },
          ...(info?.role === 'admin' && isEnded
            ? [{ id: 'delete', word: 'Delete', isDanger: true, onAction: () => setOpen('delete') }]
            : []),
        ]}
      />
      {wait && mayAct ? (
        <Link to="/approvals/$waitId" params={{ waitId: wait.id }} className={buttonClass('primary')}>
          Decide {middleCut(wait.step, MOST_NAME)}
        </Link>
      ) : null}
      <RerunDialog
        run={run}
        from={failed ?? place.step}
        isOpen={open === 'rerun'}
        onOpenChange={(is) => setOpen(is ? 'rerun' : undefined)}
      />
      <CompareDialog run={run} isOpen={open === 'compare'} onOpenChange={(is) => setOpen(is ? 'compare' : undefined)} />
      <AsCommand run={run} isOpen={open === 'command'} onOpenChange={(is) => setOpen(is ? 'command' : undefined)} />
      <ConfirmDelete run={run} isOpen={open === 'delete'} onOpenChange={(is) => setOpen(is ? 'delete' : undefined)} />
    </header>
  )
}

// ---

/** A longer name of a step loses its middle: a button must not widen the page. */
const MOST_NAME = 28

function headDetail(run: Run): string {
  const detail = detailOf(run)
  const isStep = run.error?.step === detail || run.waiting?.step === detail
  return detail !== '' && isStep ? `at ${detail}` : detail
}
