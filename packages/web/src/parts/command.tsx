// A command of a terminal, to be copied.

import type { ReactElement } from 'react'
import { Copy } from './copy.tsx'

export function Command({ text }: { text: string }): ReactElement {
  return (
    <p className="row box command-line">
      <code className="cut">{text}</code>
      <Copy text={text} what="command" />
    </p>
  )
}
