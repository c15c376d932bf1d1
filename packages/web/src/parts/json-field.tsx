// Any value, as JSON.

import { type ReactElement, useId, useState } from 'react'

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
          const text = event.target.value
          setTyped(text)
          try {
            onChange(text.trim() === '' ? undefined : JSON.parse(text))
            setWrong(undefined)
          } catch (error) {
            setWrong(`This is not JSON: ${(error as Error).message}`)
          }
        }}
      />
      {wrong === undefined ? null : <span className="wrong">{wrong}</span>}
      {note}
    </div>
  )
}
