// Asks before many items are cancelled: a rerun does again what they had done.

import { type ReactElement, useState } from 'react'
import { client } from '../../api/client.ts'
import { queryClient } from '../../api/queries.ts'
import { countText } from '../../model/format.ts'
import { Confirm } from '../../parts/confirm.tsx'
import { TextField } from '../../parts/text-field.tsx'
import { attempt } from '../../parts/toasts.tsx'
import type { RunDialogProps } from './as-command.tsx'

/** More are cancelled only by somebody who has typed how many. */
const MOST_UNASKED = 20

export function ConfirmCancel({ run, isOpen, onOpenChange }: RunDialogProps): ReactElement {
  const [typed, setTyped] = useState('')
  const { total, completed, failed, cancelled } = run.items
  const left = total === null ? undefined : total - completed - failed - cancelled
  const word = left === undefined ? 'cancel' : String(left)
  const isAsked = left === undefined || left > MOST_UNASKED
  const cancel = async () => {
    onOpenChange(false)
    await attempt(async () => queryClient.setQueryData(['run', run.runId], await client.cancelRun(run.runId)))
  }
  return (
    <Confirm
      title={left === undefined ? 'Cancel this run?' : `Cancel ${countText(left)} items?`}
      word="Cancel the run"
      isOpen={isOpen}
      isDisabled={isAsked && typed.trim().replaceAll(',', '') !== word}
      onClose={() => onOpenChange(false)}
      onConfirm={() => void cancel()}
    >
      <p className="spaced">Steps that run are stopped, and no other starts. What has ended keeps its result.</p>
      {isAsked ? <TextField label={`Type ${word}`} value={typed} onChange={setTyped} /> : null}
    </Confirm>
  )
}
