// Which version is edited, and that what is typed is kept here.

import type { ReactElement } from 'react'
import { agoText } from '../../model/format.ts'
import { useNow } from '../../parts/time.tsx'
import type { Draft } from './draft.ts'

export function DraftMark({
  version,
  isChanged,
  draft,
}: {
  version: number
  isChanged: boolean
  draft: Draft | undefined
}): ReactElement {
  const now = useNow()
  return (
    <span className="small ink-2">
      {version === 0 ? '' : `v${version}`}
      {isChanged ? `${version === 0 ? '' : ', '}draft` : ''}
      {isChanged && draft ? <span className="ink-3"> kept here {agoText(draft.at, now)}</span> : null}
    </span>
  )
}
