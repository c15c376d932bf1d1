// A line of text with its name above it, and what is to be known below.

import { type ReactElement, type ReactNode, useId } from 'react'

export interface TextFieldProps {
  readonly label: string
  readonly value: string
  readonly onChange: (text: string) => void
  /** `secret`: not shown while it is typed. */
  readonly kind?: 'plain' | 'secret'
  /** What a browser may fill in. */
  readonly autoComplete?: string
  readonly placeholder?: string
  readonly hint?: ReactNode
}

export function TextField(props: TextFieldProps): ReactElement {
  const { label, value, onChange, kind = 'plain', autoComplete = 'off', placeholder, hint } = props
  const id = useId()
  return (
    <div className="labelled">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        type={kind === 'secret' ? 'password' : 'text'}
        autoComplete={autoComplete}
        spellCheck={false}
        placeholder={placeholder}
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
      {hint === undefined ? null : <span className="hint">{hint}</span>}
    </div>
  )
}
