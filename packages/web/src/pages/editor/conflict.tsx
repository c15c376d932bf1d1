// Somebody else has saved in the meantime: both texts side by side, and which one shall stay.

import type { FlowDetail } from '@stepflow/api'
import { withLf } from '@stepflow/dialects'
import type { ReactElement } from 'react'
import { Button } from '../../parts/button.tsx'
import { Diff } from '../../parts/diff.tsx'
import { Dialog } from '../../parts/floating.tsx'

export interface ConflictProps {
  readonly mine: string
  /** Undefined: somebody has deleted it. */
  readonly theirs: FlowDetail | undefined
  readonly onClose: () => void
  readonly onTake: () => void
  readonly onKeep: () => void
}

export function Conflict({ mine, theirs, onClose, onTake, onKeep }: ConflictProps): ReactElement {
  return (
    <Dialog
      title={theirs ? `Version ${theirs.version} was saved in the meantime` : 'The flow was deleted in the meantime'}
      isOpen
      onOpenChange={onClose}
      foot={
        <>
          <Button onPress={onClose}>Go on editing</Button>
          {theirs ? <Button onPress={onTake}>Take theirs</Button> : null}
          <Button look="primary" onPress={onKeep}>
            {theirs ? 'Save mine on top' : 'Save it anew'}
          </Button>
        </>
      }
    >
      {theirs ? (
        <>
          <p className="ink-2">What theirs has and yours has not is marked with -, what only yours has with +.</p>
          <Diff label="Difference" before={withLf(theirs.text)} after={mine} names={['theirs', 'yours']} />
        </>
      ) : (
        <p className="ink-2">What you typed is here still. Saved anew, it is the first version of a new flow.</p>
      )}
    </Dialog>
  )
}
