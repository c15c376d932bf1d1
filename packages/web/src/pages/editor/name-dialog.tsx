// Asks for a name: the new one of a step, or the step that another is connected to.

import { type ReactElement, useId, useState } from 'react'
import { Button } from '../../parts/button.tsx'
import { Dialog } from '../../parts/floating.tsx'

export interface NameDialogProps {
  readonly title: string
  readonly label: string
  readonly initial: string
  readonly hint: string
  /** Offered while one types. */
  readonly names: readonly string[]
  readonly action: string
  /** Answers why it cannot be that one. */
  readonly onName: (name: string) => Promise<string | undefined>
  readonly onClose: () => void
}

export function NameDialog(props: NameDialogProps): ReactElement {
  const { title, label, initial, hint, names, action, onName, onClose } = props
  const id = useId()
  const [name, setName] = useState(initial)
  const [wrong, setWrong] = useState<string>()
  const choose = async () => {
    const refused = await onName(name.trim())
    if (refused === undefined) onClose()
    else setWrong(refused)
  }
  return (
    <Dialog
      title={title}
      isOpen
      onOpenChange={onClose}
      foot={
        <>
          <Button onPress={onClose}>Not now</Button>
          <Button look="primary" onPress={() => void choose()}>
            {action}
          </Button>
        </>
      }
    >
      <form
        className="labelled"
        onSubmit={(event) => {
          event.preventDefault()
          void choose()
        }}
      >
        <label htmlFor={id}>{label}</label>
        <input
          id={id}
          autoFocus
          autoComplete="off"
          spellCheck={false}
          {...(names.length === 0 ? {} : { list: `${id}-names` })}
          value={name}
          aria-invalid={wrong !== undefined}
          onChange={(event) => setName(event.target.value)}
        />
        <datalist id={`${id}-names`}>
          {names.map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
        <span className="hint">{hint}</span>
        {wrong === undefined ? null : (
          <span className="wrong" role="alert">
            {wrong}
          </span>
        )}
      </form>
    </Dialog>
  )
}
