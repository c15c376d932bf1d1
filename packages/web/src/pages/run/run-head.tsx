// The head of a run: what it is, how it stands, what one may do with it.

import type { Run } from '@stepflow/api'
import { Link } from '@tanstack/react-router'
import { Ellipsis } from 'lucide-react'
import { type ReactElement, useMemo } from 'react'
import { middleCut } from '../../model/format.ts'
import type { StepRow } from '../../model/run-graph.ts'
import { detailOf, isOver, nameOf, statusOf } from '../../model/run-words.ts'
import { Button, buttonClass } from '../../parts/button.tsx'
import { Copy } from '../../parts/copy.tsx'
import { Menu } from '../../parts/floating.tsx'
import { NARROW, useMedia } from '../../parts/media.ts'
import { Status } from '../../parts/status.tsx'
import { Crumb } from '../../shell/crumb.tsx'
import { LiveMark } from '../../shell/live-mark.tsx'
import { usePageCommands } from '../../shell/page-commands.ts'
import { AsCommand } from './as-command.tsx'
import { CompareDialog } from './compare-dialog.tsx'
import { ConfirmCancel } from './confirm-cancel.tsx'
import { ConfirmDelete } from './confirm-delete.tsx'
import { RerunDialog } from './rerun-dialog.tsx'
import { type RunAction, type RunDialog, useRunActions } from './run-actions.ts'
import type { RunPlace } from './run-place.ts'

export function RunHead({ run, rows, place }: { run: Run; rows: readonly StepRow[]; place: RunPlace }): ReactElement {
  const { actions, open, setOpen, failed, wait } = useRunActions(run, rows, place.item)
  usePageCommands(useMemo(() => ({ actions }), [actions]))
  const dialog = (name: RunDialog) => ({
    run,
    isOpen: open === name,
    onOpenChange: (is: boolean) => setOpen(is ? name : undefined),
  })
  // Where there is no room for all, only the one that is wanted most.
  const isNarrow = useMedia(NARROW)
  const isButton = (id: RunAction['id']) => BUTTONS.has(id) && (!isNarrow || id === 'rerun')
  return (
    <header className="head of-run">
      <Crumb to="/runs" word="Runs" />
      <h1>
        <span className="cut">{nameOf(run)}</span> <span className="mono ink-2 cut run-id">{run.runId}</span>
      </h1>
      <Copy text={run.runId} what="id" />
      <Status status={statusOf(run)} recovered={Boolean(run.recovered)} detail={headDetail(run)} />
      {isOver(run) ? null : <LiveMark isQuiet />}
      <span className="fill" />
      {actions
        .filter(({ id }) => isButton(id))
        .map(({ id, word, does }) => (
          <Button key={id} look={id === 'rerun' && failed !== undefined ? 'primary' : 'plain'} onPress={does}>
            {middleCut(word, MOST_WORD)}
          </Button>
        ))}
      {wait ? (
        <Link to="/approvals/$waitId" params={{ waitId: wait.id }} className={buttonClass('primary')}>
          Decide {middleCut(wait.step, MOST_WORD)}
        </Link>
      ) : null}
      <Menu
        label="More"
        button={
          <Button look="bare" square aria-label="More">
            <Ellipsis size={16} />
          </Button>
        }
        entries={actions
          .filter(({ id }) => !isButton(id) && id !== 'decide')
          .map(({ id, word, isDanger = false, does }) => ({ id, word, isDanger, onAction: does }))}
      />
      <RerunDialog {...dialog('rerun')} from={failed ?? (place.inside === undefined ? place.step : undefined)} />
      <CompareDialog {...dialog('compare')} />
      <AsCommand {...dialog('command')} />
      <ConfirmCancel {...dialog('cancel')} />
      <ConfirmDelete {...dialog('delete')} />
    </header>
  )
}

// ---

/** What stands in the head itself; the rest is in its menu. */
const BUTTONS: ReadonlySet<RunAction['id']> = new Set(['compare', 'pause', 'resume', 'cancel', 'rerun'])

/** A longer name of a step loses its middle: a button must not widen the page. */
const MOST_WORD = 36

function headDetail(run: Run): string {
  const detail = detailOf(run)
  const isStep = run.error?.step === detail || run.waiting?.step === detail
  return detail !== '' && isStep ? `at ${detail}` : detail
}
