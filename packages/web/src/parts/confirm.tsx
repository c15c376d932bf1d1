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
  /** Something is to be typed first. */
  readonly isDisabled?: boolean
  readonly onClose: () => void
  readonly onConfirm: () => void
  readonly children: ReactNode
}

export function Confirm(props: ConfirmProps): ReactElement {
  const { title, word, isOpen = true, isDisabled = false, onClose, onConfirm, children } = props
  return (
    <Dialog
      title={title}
      isOpen={isOpen}
      onOpenChange={(is) => is || onClose()}
      isAlert
      foot={
        <>
          <Button onPress={onClose}>Keep</Button>
          <Button look="danger" isDisabled={isDisabled} onPress={onConfirm}>
            {word}
          </Button>
        </>
      }
    >
      {children}
    </Dialog>
  )
}
