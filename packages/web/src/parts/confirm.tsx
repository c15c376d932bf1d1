// Asks before something is done that nothing takes back, and says what is lost by it.

import type { ReactElement, ReactNode } from 'react'
import { Button } from './button.tsx'
import { Dialog } from './floating.tsx'

export interface ConfirmProps {
  /** The question. */
  readonly title: string
  /** What is done: `Delete`. */
  readonly word: string
  readonly isOpen?: boolean
  readonly onClose: () => void
  readonly onConfirm: () => void
  readonly children: ReactNode
}

export function Confirm({ title, word, isOpen = true, onClose, onConfirm, children }: ConfirmProps): ReactElement {
  return (
    <Dialog
      title={title}
      isOpen={isOpen}
      onOpenChange={(is) => is || onClose()}
      isAlert
      foot={
        <>
          <Button onPress={onClose}>Keep</Button>
          <Button look="danger" onPress={onConfirm}>
            {word}
          </Button>
        </>
      }
    >
      {children}
    </Dialog>
  )
}
