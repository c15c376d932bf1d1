// Chooses what a field takes its value from: a search over the input and the steps, with types and last values.

import { type KeyboardEvent, type ReactElement, type ReactNode, useId, useState } from 'react'
import { type Reference, shortValue } from '../../model/references.ts'
import { Button } from '../../parts/button.tsx'
import { Dialog } from '../../parts/floating.tsx'
import { SearchField } from '../../parts/search-field.tsx'

export interface ReferencePickerProps {
  readonly label: string
  readonly references: readonly Reference[]
  readonly onChoose: (value: Reference['value']) => void
  /** On the button. */
  readonly children: ReactNode
}

const MOST_SHOWN = 100

export function ReferencePicker({ label, references, onChoose, children }: ReferencePickerProps): ReactElement {
  const [isOpen, setOpen] = useState(false)
  return (
    <>
      <Button aria-label={`Choose a value for ${label}`} onPress={() => setOpen(true)}>
        {children}
      </Button>
      {isOpen ? (
        <Dialog title={`Value for ${label}`} isOpen onOpenChange={setOpen} isTitleHidden>
          <Found
            references={references}
            onChoose={(reference) => {
              setOpen(false)
              onChoose(reference.value)
            }}
          />
        </Dialog>
      ) : null}
    </>
  )
}

// ---

function Found(props: { references: readonly Reference[]; onChoose: (reference: Reference) => void }): ReactElement {
  const { references, onChoose } = props
  const id = useId()
  const [text, setText] = useState('')
  const [at, setAt] = useState(0)
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  const fitting = references.filter(({ name }) => words.every((word) => name.toLowerCase().includes(word)))
  const shown = fitting.slice(0, MOST_SHOWN)
  const chosen = shown[Math.min(at, shown.length - 1)]
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown') setAt(Math.min(shown.length - 1, at + 1))
    else if (event.key === 'ArrowUp') setAt(Math.max(0, at - 1))
    else if (event.key === 'Enter' && chosen) onChoose(chosen)
    else return
    event.preventDefault()
  }
  return (
    <div className="picker">
      <SearchField
        label="Find values"
        placeholder="Find values"
        value={text}
        onChange={(next) => {
          setText(next)
          setAt(0)
        }}
        onKeyDown={onKeyDown}
      >
        <span className="small ink-3">
          {fitting.length} of {references.length}
        </span>
      </SearchField>
      <ul className="picker-list" aria-label="Values">
        {shown.map((reference, i) => (
          <li key={reference.name}>
            {shown[i - 1]?.group === reference.group ? null : (
              <p className="small ink-2 group-name">{reference.group}</p>
            )}
            <button
              type="button"
              id={`${id}-${i}`}
              className={reference === chosen ? 'as-text picked chosen' : 'as-text picked'}
              onClick={() => onChoose(reference)}
            >
              <span className="mono fill cut">{reference.name}</span>
              <span className="ink-3 small">{reference.type}</span>
              <span className="mono small ink-2 last cut">
                {reference.last === undefined ? '' : shortValue(reference.last)}
              </span>
            </button>
          </li>
        ))}
      </ul>
      {shown.length === 0 ? <p className="empty">Nothing has that name.</p> : null}
      {chosen ? (
        <p className="small ink-2 writes">
          writes <code>{JSON.stringify(chosen.value)}</code>
        </p>
      ) : null}
    </div>
  )
}
