// The field that filters a list: what is typed counts with Enter, or when the field is left. `key` it by its words.

import { type ReactElement, type ReactNode, useState } from 'react'
import { SearchField } from './search-field.tsx'

export interface FilterFieldProps {
  /** What it is called; not shown. */
  readonly label: string
  readonly placeholder: string
  /** By which the list is filtered now. */
  readonly words: string
  readonly onChange: (words: string) => void
  /** At its end. */
  readonly children?: ReactNode
}

export function FilterField({ words, onChange, ...props }: FilterFieldProps): ReactElement {
  const [typed, setTyped] = useState(words)
  return (
    <SearchField
      {...props}
      value={typed}
      onChange={setTyped}
      onBlur={() => typed.trim() !== words && onChange(typed.trim())}
      onKeyDown={(event) => {
        if (event.key === 'Enter') onChange(typed.trim())
        if (event.key === 'Escape') event.currentTarget.blur()
      }}
    />
  )
}
