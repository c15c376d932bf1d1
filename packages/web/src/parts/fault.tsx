// What went wrong, where it went wrong: code, message, what to do, and a way to try again.

import { FlowError } from '@stepflow/engine'
import { Component, type ReactElement, type ReactNode } from 'react'
import { Broken } from './broken.tsx'
import { Button } from './button.tsx'
import { Copy } from './copy.tsx'

export function Fault({ error, retry }: { error: unknown; retry?: () => void }): ReactElement {
  const { code, message } = said(error)
  // Nothing broke, and trying again would not help: it says who may.
  if (code === 'FORBIDDEN') {
    return (
      <div className="empty" role="alert">
        <p className="sentence">{message}.</p>
      </div>
    )
  }
  return (
    <div className="empty" role="alert">
      <div className="fault">
        <span className="code">{code}</span>
        <p>{message}</p>
      </div>
      <div className="row">
        {retry ? <Button onPress={retry}>Try again</Button> : null}
        <Copy text={`${code}: ${message}`} what="error" word="Copy error" />
      </div>
    </div>
  )
}

/** A fault of the page's own takes down its pane only. */
export class Pane extends Component<{ children: ReactNode }, { error: unknown }> {
  override state: { error: unknown } = { error: undefined }

  static getDerivedStateFromError(error: unknown) {
    return { error }
  }

  override render(): ReactNode {
    const { error } = this.state
    if (error === undefined) return this.props.children
    return <Broken error={error} what="part" />
  }
}

// ---

function said(error: unknown): { code: string; message: string } {
  if (FlowError.is(error)) return { code: error.code, message: error.message }
  return { code: 'ERROR', message: error instanceof Error ? error.message : String(error) }
}
