// Asks before a run is removed: nothing brings it back.

import { useNavigate } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { client } from '../../api/client.ts'
import { queryClient } from '../../api/queries.ts'
import { nameOf } from '../../model/run-words.ts'
import { Button } from '../../parts/button.tsx'
import { Dialog } from '../../parts/floating.tsx'
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
    <Dialog
      title={`Delete this run of ${nameOf(run)}?`}
      isOpen={isOpen}
      onOpenChange={onOpenChange}
      isAlert
      foot={
        <>
          <Button onPress={() => onOpenChange(false)}>Keep</Button>
          <Button look="danger" onPress={() => void remove()}>
            Delete
          </Button>
        </>
      }
    >
      <p>Its items, results, logs and journal are removed with it. Nothing brings them back; an export does.</p>
    </Dialog>
  )
}
