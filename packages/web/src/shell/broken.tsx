// A page that could not be shown: a part of it is gone since the server has another version, or it has a fault of its own.

import type { ReactElement } from 'react'
import { Button } from '../parts/button.tsx'
import { Copy } from '../parts/copy.tsx'

export function Broken({ error }: { error: unknown }): ReactElement {
  const text = error instanceof Error ? `${error.message}\n${error.stack ?? ''}` : String(error)
  const isGone = /dynamically imported module|module script failed/i.test(text)
  return (
    <div className="empty" role="alert">
      <p>{isGone ? 'New version.' : 'This page broke. The others still work.'}</p>
      <div className="row">
        <Button look="primary" onPress={() => location.reload()}>
          Reload
        </Button>
        {isGone ? null : <Copy text={text} what="report" word="Copy report" />}
      </div>
    </div>
  )
}
