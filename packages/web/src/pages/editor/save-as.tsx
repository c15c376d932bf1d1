// The name in the text is another one by now: what is saved would be another flow.

import type { ReactElement } from 'react'
import { Button } from '../../parts/button.tsx'
import { Dialog } from '../../parts/floating.tsx'

export interface SaveAsProps {
  readonly name: string
  readonly other: string
  readonly onSave: () => void
  readonly onClose: () => void
}

export function SaveAs({ name, other, onSave, onClose }: SaveAsProps): ReactElement {
  return (
    <Dialog
      title={`Save as ${other}?`}
      isOpen
      onOpenChange={onClose}
      foot={
        <>
          <Button onPress={onClose}>Go on editing</Button>
          <Button look="primary" onPress={onSave}>
            Save as {other}
          </Button>
        </>
      }
    >
      <p>
        The name in the text is now <b>{other}</b>. It is saved as a flow of its own; <b>{name}</b> stays as it is.
      </p>
    </Dialog>
  )
}
