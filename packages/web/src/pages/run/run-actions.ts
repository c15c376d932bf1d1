// What one may do with a run as it stands: the head, its menu and the palette offer the same.

import type { Run } from '@stepflow/api'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { client } from '../../api/client.ts'
import { queries, queryClient } from '../../api/queries.ts'
import type { StepRow } from '../../model/run-graph.ts'
import { isOver } from '../../model/run-words.ts'
import { attempt, say } from '../../parts/toasts.tsx'

export type RunDialog = 'rerun' | 'compare' | 'command' | 'cancel' | 'delete'

export interface RunAction {
  readonly id:
    | 'compare'
    | 'pause'
    | 'resume'
    | 'cancel'
    | 'rerun'
    | 'decide'
    | 'editor'
    | 'test'
    | 'command'
    | 'export'
    | 'delete'
  readonly word: string
  readonly isDanger?: boolean
  readonly does: () => void
}

export interface RunActions {
  readonly actions: readonly RunAction[]
  readonly open: RunDialog | undefined
  readonly setOpen: (dialog: RunDialog | undefined) => void
  /** The step that failed first. */
  readonly failed: string | undefined
  /** What a person is asked, by this run or the item that is looked at. */
  readonly wait: { readonly id: string; readonly step: string } | undefined
}

export function useRunActions(run: Run, rows: readonly StepRow[], item: number | undefined): RunActions {
  const [open, setOpen] = useState<RunDialog>()
  const { data: info } = useQuery(queries.info())
  const { data: asked } = useQuery({ ...queries.waitsOf(run.runId, item), enabled: !isOver(run) })
  const navigate = useNavigate()
  const wait = isOver(run) ? undefined : asked?.[0]
  const failed = rows.find(({ status, recovered }) => status === 'failed' && recovered === undefined)?.stepId
  const mayAct = info?.role === 'operator' || info?.role === 'admin'
  const isAdmin = info?.role === 'admin'
  const actions = useMemo(() => {
    const { runId, flowName, status } = run
    const isEnded = isOver(run)
    const steer = (action: 'cancelRun' | 'pauseRun' | 'resumeRun', done = '', undo?: () => void) =>
      void attempt(async () => {
        queryClient.setQueryData(['run', runId], await client[action](runId))
        if (undo) say(done, { undo })
      })
    const all: (RunAction | false | undefined)[] = [
      { id: 'compare', word: 'Compare', does: () => setOpen('compare') },
      mayAct &&
        !isEnded &&
        status !== 'paused' && {
          id: 'pause',
          word: 'Pause',
          does: () => steer('pauseRun', 'Paused', () => steer('resumeRun')),
        },
      mayAct && status === 'paused' && { id: 'resume', word: 'Resume', does: () => steer('resumeRun') },
      mayAct &&
        !isEnded && {
          id: 'cancel',
          word: 'Cancel',
          // Of one item nothing is lost that a rerun does not bring back.
          does: () => (run.items.total === 1 ? steer('cancelRun') : setOpen('cancel')),
        },
      mayAct &&
        isEnded && {
          id: 'rerun',
          word: failed === undefined ? 'Rerun' : `Rerun from ${failed}`,
          does: () => setOpen('rerun'),
        },
      mayAct &&
        wait && {
          id: 'decide',
          word: `Decide ${wait.step}`,
          does: () => void navigate({ to: '/approvals/$waitId', params: { waitId: wait.id } }),
        },
      mayAct &&
        flowName !== undefined && {
          id: 'editor',
          word: 'Open in editor',
          does: () => void navigate({ to: '/flows/$name/edit', params: { name: flowName }, search: {} }),
        },
      isAdmin &&
        isEnded &&
        run.items.total === 1 &&
        flowName !== undefined && {
          id: 'test',
          word: 'Save as test',
          does: () => void navigate({ to: '/flows/$name/edit', params: { name: flowName }, search: { test: runId } }),
        },
      { id: 'command', word: 'As command', does: () => setOpen('command') },
      { id: 'export', word: 'Export', does: () => void download(runId) },
      isAdmin && isEnded && { id: 'delete', word: 'Delete', isDanger: true, does: () => setOpen('delete') },
    ]
    return all.filter((action) => typeof action === 'object')
  }, [run, failed, wait, mayAct, isAdmin, navigate])
  return { actions, open, setOpen, failed, wait: mayAct ? wait : undefined }
}

// ---

function download(runId: string): Promise<boolean> {
  return attempt(async () => {
    const text = JSON.stringify(await client.exportRun(runId))
    const link = document.createElement('a')
    link.href = URL.createObjectURL(new Blob([text], { type: 'application/json' }))
    link.download = `${runId}.json`
    link.click()
    URL.revokeObjectURL(link.href)
  })
}
