// Chooses what a field takes its value from: a search over the input, the steps before it, variables and the names
// of secrets, with types and last values. What would make a cycle is shown, and cannot be taken.

import { type KeyboardEvent, type ReactElement, type ReactNode, useId, useState } from 'react'
import { type Reference, shortValue } from '../../model/references.ts'
import { inLine } from '../../model/written-reference.ts'
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
  const takeable = shown.filter(({ isRefused }) => isRefused !== true)
  const chosen = takeable[Math.min(at, takeable.length - 1)]
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown') setAt(Math.min(takeable.length - 1, at + 1))
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
          <li key={reference.group + reference.name}>
            {shown[i - 1]?.group === reference.group ? null : (
              <p className="small ink-2 group-name">{reference.group}</p>
            )}
            <button
              type="button"
              id={`${id}-${i}`}
              disabled={reference.isRefused === true}
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
          writes <code>{inLine(chosen.value)}</code>
        </p>
      ) : null}
    </div>
  )
}
