// What one sees here, as commands of a terminal.

import type { Run } from '@stepflow/api'
import type { ReactElement } from 'react'
import { serverUrl } from '../../api/base.ts'
import { isOver } from '../../model/run-words.ts'
import { Copy } from '../../parts/copy.tsx'
import { Dialog } from '../../parts/floating.tsx'

export interface RunDialogProps {
  readonly run: Run
  readonly isOpen: boolean
  readonly onOpenChange: (isOpen: boolean) => void
}

export function AsCommand({ run, isOpen, onOpenChange }: RunDialogProps): ReactElement {
  const { runId } = run
  const commands = [
    `stepflow runs show ${runId} --url ${serverUrl}`,
    isOver(run) ? `stepflow runs rerun ${runId} --url ${serverUrl}` : `stepflow runs watch ${runId} --url ${serverUrl}`,
    `curl ${serverUrl}/api/v1/runs/${runId}`,
    ...(isOver(run) ? [`curl -X POST ${serverUrl}/api/v1/runs/${runId}/rerun`] : []),
  ]
  return (
    <Dialog title="As command" isOpen={isOpen} onOpenChange={onOpenChange}>
      {commands.map((command) => (
        <p key={command} className="row box command-line spaced">
          <code className="fill wraps">{command}</code>
          <Copy text={command} what="command" />
        </p>
      ))}
    </Dialog>
  )
}
