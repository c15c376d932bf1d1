// Somebody else has saved in the meantime: both texts side by side, and which one shall stay.

import type { FlowDetail } from '@stepflow/api'
import { type ReactElement, useEffect, useRef } from 'react'
import { Button } from '../../parts/button.tsx'
import { Dialog } from '../../parts/floating.tsx'
import { cspNonce } from './csp-nonce.ts'

export interface ConflictProps {
  readonly mine: string
  readonly theirs: FlowDetail
  readonly onClose: () => void
  readonly onTake: () => void
  readonly onKeep: () => void
}

export function Conflict({ mine, theirs, onClose, onTake, onKeep }: ConflictProps): ReactElement {
  return (
    <Dialog
      title={`Version ${theirs.version} was saved in the meantime`}
      isOpen
      onOpenChange={onClose}
      foot={
        <>
          <Button onPress={onClose}>Go on editing</Button>
          <Button onPress={onTake}>Take theirs</Button>
          <Button look="primary" onPress={onKeep}>
            Save mine on top
          </Button>
        </>
      }
    >
      <p className="ink-2">What theirs has and yours has not is marked with -, what only yours has with +.</p>
      <Difference before={theirs.text} after={mine} />
    </Dialog>
  )
}

/** Loaded when somebody needs it. */
export function Difference({ before, after }: { before: string; after: string }): ReactElement {
  const box = useRef<HTMLDivElement>(null)
  useEffect(() => {
    let isGone = false
    let destroy = () => {}
    void Promise.all([import('@codemirror/merge'), import('@codemirror/view'), import('@codemirror/state')]).then(
      ([{ unifiedMergeView }, { EditorView }, { EditorState }]) => {
        if (isGone || !box.current) return
        const view = new EditorView({
          parent: box.current,
          state: EditorState.create({
            doc: after,
            extensions: [
              EditorView.cspNonce.of(cspNonce()),
              EditorState.readOnly.of(true),
              EditorView.contentAttributes.of({ 'aria-label': 'Difference' }),
              unifiedMergeView({ original: before, mergeControls: false }),
            ],
          }),
        })
        destroy = () => view.destroy()
      },
    )
    return () => {
      isGone = true
      destroy()
    }
  }, [before, after])
  return <div className="box difference" ref={box} />
}
