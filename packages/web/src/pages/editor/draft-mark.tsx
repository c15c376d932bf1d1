// Which version is edited, and that what is typed is kept here.

import type { ReactElement } from 'react'
import { agoText } from '../../model/format.ts'
import { useNow } from '../../parts/time.tsx'

export function DraftMark({
  version,
  isChanged,
  keptAt,
}: {
  version: number
  isChanged: boolean
  keptAt: number | undefined
}): ReactElement {
  const now = useNow()
  return (
    <span className="small ink-2">
      {version === 0 ? '' : `v${version}`}
      {isChanged ? `${version === 0 ? '' : ', '}draft` : ''}
      {isChanged && keptAt !== undefined ? (
        <span className="ink-3 kept"> kept here{keptText(agoText(keptAt, now))}</span>
      ) : null}
    </span>
  )
}

// ---

/** Each second it is kept anew: that is not worth a word. */
function keptText(ago: string): string {
  return ago === 'now' ? '' : ` ${ago}`
}
