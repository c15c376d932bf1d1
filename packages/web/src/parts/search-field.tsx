// A field in which one looks for something, with the glass before it.

import { Search } from 'lucide-react'
import type { KeyboardEvent, ReactElement, ReactNode } from 'react'

export interface SearchFieldProps {
  /** What it is called; not shown. */
  readonly label: string
  readonly placeholder: string
  readonly value: string
  readonly onChange: (text: string) => void
  readonly onBlur?: () => void
  readonly onKeyDown?: (event: KeyboardEvent<HTMLInputElement>) => void
  /** `small`: in a line with tabs. */
  readonly size?: 'usual' | 'small'
  /** At its end: the key that leads there, or how many were found. */
  readonly children?: ReactNode
}

export function SearchField({
  label,
  value,
  onChange,
  size = 'usual',
  children,
  ...props
}: SearchFieldProps): ReactElement {
  return (
    <search className={size === 'small' ? 'field find-steps' : 'field query'}>
      <Search size={size === 'small' ? 14 : 16} />
      <input
        type="search"
        aria-label={label}
        spellCheck={false}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        {...props}
      />
      {children}
    </search>
  )
}
