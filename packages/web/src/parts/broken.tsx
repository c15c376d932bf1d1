// What could not be shown: it has a fault of its own, or it was to be loaded and is gone since the server has another version, or
// since there is no server.

import { type ReactElement, useEffect, useState } from 'react'
import { client } from '../api/client.ts'
import { Button } from './button.tsx'
import { Copy } from './copy.tsx'
import { Outlines } from './waiting.tsx'

export interface BrokenProps {
  readonly error: unknown
  readonly what: 'page' | 'part'
}

export function Broken({ error, what }: BrokenProps): ReactElement {
  const text = error instanceof Error ? `${error.message}\n${error.stack ?? ''}` : String(error)
  if (/dynamically imported module|module script failed/i.test(text)) return <Gone />
  return (
    <div className="empty" role="alert">
      <p>
        {what === 'page'
          ? 'This page broke. The others still work.'
          : 'This part of the page broke. The rest of it still works.'}
      </p>
      <div className="row">
        <Reload />
        <Copy text={text} what="report" word="Copy report" />
      </div>
    </div>
  )
}

// ---

const ASK_AGAIN_MS = 2_000

/** Whether there is a server tells the two apart; where there was none, it comes with the server. */
function Gone(): ReactElement {
  const [is, setIs] = useState<'asked' | 'new' | 'away'>('asked')
  useEffect(() => {
    let isOver = false
    let timer: ReturnType<typeof setTimeout> | undefined
    const ask = (wasAway: boolean) =>
      void client.getHealth().then(
        () => {
          if (isOver) return
          if (wasAway) location.reload()
          else setIs('new')
        },
        () => {
          if (isOver) return
          setIs('away')
          timer = setTimeout(ask, ASK_AGAIN_MS, true)
        },
      )
    ask(false)
    return () => {
      isOver = true
      clearTimeout(timer)
    }
  }, [])
  if (is === 'asked') return <Outlines />
  return (
    <div className="empty" role="alert">
      <p>{is === 'new' ? 'New version.' : 'The server cannot be reached. This page comes when it is back.'}</p>
      {is === 'new' ? <Reload /> : null}
    </div>
  )
}

function Reload(): ReactElement {
  return (
    <Button look="primary" onPress={() => location.reload()}>
      Reload
    </Button>
  )
}
