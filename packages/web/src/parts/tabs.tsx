// Tabs: one of several views in sight. Arrows move between them; what each shows is rendered by the page.

import type { KeyboardEvent, ReactElement, ReactNode } from 'react'
import { countText } from '../model/format.ts'

export interface TabEntry {
  readonly id: string
  readonly word: string
  readonly count?: number | undefined
}

export interface TabsProps {
  readonly label: string
  readonly entries: readonly TabEntry[]
  readonly selected: string
  readonly onSelect: (id: string) => void
  /** At the end of their line. */
  readonly children?: ReactNode
}

export function Tabs({ label, entries, selected, onSelect, children }: TabsProps): ReactElement {
  const onKey = (event: KeyboardEvent<HTMLElement>) => {
    const at = entries.findIndex(({ id }) => id === selected)
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: entries.length - 1 }[event.key]
    const entry = to === undefined ? undefined : entries[(to + entries.length) % entries.length]
    if (!entry) return
    event.preventDefault()
    onSelect(entry.id)
    const tabs = event.currentTarget.querySelectorAll<HTMLElement>('[role=tab]')
    tabs[entries.indexOf(entry)]?.focus()
  }
  return (
    <div className="tabs">
      <div role="tablist" aria-label={label} onKeyDown={onKey}>
        {entries.map(({ id, word, count }) => (
          <button
            key={id}
            type="button"
            role="tab"
            aria-selected={id === selected}
            tabIndex={id === selected ? 0 : -1}
            onClick={() => onSelect(id)}
          >
            {word}
            {count === undefined ? null : (
              <span className="ink-3 small" aria-hidden="true">
                {countText(count)}
              </span>
            )}
          </button>
        ))}
      </div>
      {children ? <div className="end">{children}</div> : null}
    </div>
  )
}
