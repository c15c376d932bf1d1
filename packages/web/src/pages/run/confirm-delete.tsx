// Asks before a run is removed: nothing brings it back.

import { useNavigate } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { client } from '../../api/client.ts'
import { queryClient } from '../../api/queries.ts'
import { nameOf } from '../../model/run-words.ts'
import { Confirm } from '../../parts/confirm.tsx'
import { attempt } from '../../parts/toasts.tsx'
import type { RunDialogProps } from './as-command.tsx'

export function ConfirmDelete({ run, isOpen, onOpenChange }: RunDialogProps): ReactElement {
  const navigate = useNavigate()
  const remove = async () => {
    if (!(await attempt(() => client.deleteRun(run.runId), 'Deleted'))) return
    await navigate({ to: '/runs', search: {} })
    queryClient.removeQueries({ queryKey: ['run', run.runId] })
    await queryClient.invalidateQueries({ queryKey: ['runs'] })
  }
  return (
    <Confirm
      title={`Delete this run of ${nameOf(run)}?`}
      word="Delete"
      isOpen={isOpen}
      onClose={() => onOpenChange(false)}
      onConfirm={() => void remove()}
    >
      <p>Its items, results, logs and journal are removed with it. Nothing brings them back; an export does.</p>
    </Confirm>
  )
}
