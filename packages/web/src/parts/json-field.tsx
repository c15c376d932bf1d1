// Any value, as JSON.

import { type ReactElement, useId, useState } from 'react'

/** Is all JSON in a form what was meant, or does a field still hold what cannot be read? */
export function isReadable(form: HTMLFormElement | null): boolean {
  return form?.querySelector('textarea:invalid') == null
}

/** What is typed stays as it is until it can be read. */
export function JsonField(props: {
  label: string
  value: unknown
  onChange: (value: unknown) => void
  note?: ReactElement | null
}): ReactElement {
  const { label, value, onChange, note } = props
  const id = useId()
  const [typed, setTyped] = useState(() => (value === undefined ? '' : JSON.stringify(value, null, 2)))
  const [wrong, setWrong] = useState<string>()
  return (
    <div className="labelled">
      <label htmlFor={id}>{label}</label>
      <textarea
        id={id}
        rows={8}
        spellCheck={false}
        aria-invalid={wrong !== undefined}
        value={typed}
        onChange={(event) => {
          const field = event.target
          const text = field.value
          setTyped(text)
          try {
            onChange(text.trim() === '' ? undefined : JSON.parse(text))
            setWrong(undefined)
            field.setCustomValidity('')
          } catch (error) {
            const message = `This is not JSON: ${(error as Error).message}`
            setWrong(message)
            // So that the form around it is not sent with what stood here before.
            field.setCustomValidity(message)
          }
        }}
      />
      {wrong === undefined ? null : <span className="wrong">{wrong}</span>}
      {note}
    </div>
  )
}
