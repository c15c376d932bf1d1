// That somebody else has saved what is edited here: nothing of it is overwritten unasked.

import type { FlowDetail } from '@stepflow/api'
import type { ReactElement } from 'react'
import { Button } from '../../parts/button.tsx'
import { Ago } from '../../parts/time.tsx'

export function NewerLine({ newer, onCompare }: { newer: FlowDetail; onCompare: () => void }): ReactElement {
  return (
    <p className="padded-line row newer-line" role="status">
      <span className="fill">
        v{newer.version} was saved elsewhere {newer.updatedAt === undefined ? null : <Ago at={newer.updatedAt} />}. What
        you typed is kept.
      </span>
      <Button dense onPress={onCompare}>
        Compare
      </Button>
    </p>
  )
}
