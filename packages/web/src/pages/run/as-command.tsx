// What one can do with a run, as commands of a terminal.

import type { Run } from '@stepflow/api'
import { useQuery } from '@tanstack/react-query'
import type { ReactElement } from 'react'
import { serverUrl } from '../../api/base.ts'
import { queries } from '../../api/queries.ts'
import { type AtServer, type Command, commandsOf } from '../../model/commands.ts'
import { Copy } from '../../parts/copy.tsx'
import { Dialog } from '../../parts/floating.tsx'

export interface RunDialogProps {
  readonly run: Run
  readonly isOpen: boolean
  readonly onOpenChange: (isOpen: boolean) => void
}

export function AsCommand({ run, isOpen, onOpenChange }: RunDialogProps): ReactElement {
  const at = useServer()
  return (
    <Dialog title="As command" isOpen={isOpen} onOpenChange={onOpenChange}>
      {isOpen ? commandsOf(run, at).map((command) => <Both key={command.does} command={command} />) : null}
    </Dialog>
  )
}

/** The server as a terminal reaches it. */
export function useServer(): AtServer {
  const { data: info } = useQuery(queries.info())
  return { url: serverUrl, needsToken: info?.name !== undefined }
}

export function Both({ command }: { command: Command }): ReactElement {
  return (
    <section className="both" aria-label={command.does}>
      <h3>{command.does}</h3>
      {[command.stepflow, command.curl].map((text) => (
        <p key={text} className="row box command-line">
          <code className="fill wraps">{text}</code>
          <Copy text={text} what="command" />
        </p>
      ))}
    </section>
  )
}
