// The palette: pages, runs and flows, by a few letters.

import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type KeyboardEvent, type ReactElement, useId, useState } from 'react'
import { queries } from '../api/queries.ts'
import { shortId } from '../model/format.ts'
import { nameOf, statusOf } from '../model/run-words.ts'
import { Dialog } from '../parts/floating.tsx'
import { Shape } from '../parts/status.tsx'

interface Command {
  readonly group: string
  readonly word: string
  readonly hint?: string
  readonly icon?: ReactElement
  readonly to: string
}

const PAGES: readonly Command[] = [
  { group: 'Go to', word: 'Runs', to: '/runs', hint: 'g r' },
  { group: 'Go to', word: 'Flows', to: '/flows', hint: 'g f' },
  { group: 'Go to', word: 'Approvals', to: '/approvals', hint: 'g a' },
  { group: 'Go to', word: 'Schedules', to: '/schedules', hint: 'g s' },
  { group: 'Go to', word: 'Components', to: '/components', hint: 'g c' },
  { group: 'Go to', word: 'Secrets', to: '/secrets' },
]

export function Commands({
  isOpen,
  onOpenChange,
}: {
  isOpen: boolean
  onOpenChange: (isOpen: boolean) => void
}): ReactElement {
  return (
    <Dialog title="Commands" isOpen={isOpen} onOpenChange={onOpenChange} isTitleHidden>
      <Palette onDone={() => onOpenChange(false)} />
    </Dialog>
  )
}

// ---

const MOST = 8

function Palette({ onDone }: { onDone: () => void }): ReactElement {
  const [words, setWords] = useState('')
  const [at, setAt] = useState(0)
  const navigate = useNavigate()
  const listId = useId()
  const text = words.trim().toLowerCase()
  const { data: runs } = useQuery({ ...queries.someRuns(text), enabled: text !== '' })
  const { data: flows } = useQuery(queries.flows())
  const found: Command[] = [
    ...(text === '' ? [] : (runs?.runs ?? [])).slice(0, MOST).map((run) => ({
      group: 'Runs',
      word: `${nameOf(run)} ${shortId(run.runId)}`,
      hint: statusOf(run),
      icon: <Shape status={statusOf(run)} />,
      to: `/runs/${run.runId}`,
    })),
    ...(flows?.flows ?? [])
      .filter(({ name }) => name.toLowerCase().includes(text))
      .slice(0, MOST)
      .map(({ name }) => ({ group: 'Flows', word: name, to: `/flows/${encodeURIComponent(name)}` })),
    ...PAGES.filter(({ word }) => word.toLowerCase().includes(text)),
  ]
  const chosen = Math.min(at, found.length - 1)
  const go = (command: Command | undefined) => {
    if (!command) return
    onDone()
    void navigate({ to: command.to })
  }
  const onKey = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown') setAt(Math.min(chosen + 1, found.length - 1))
    else if (event.key === 'ArrowUp') setAt(Math.max(chosen - 1, 0))
    else if (event.key === 'Enter') go(found[chosen])
    else return
    event.preventDefault()
  }
  return (
    <div className="palette">
      <input
        autoFocus
        role="combobox"
        aria-label="Search or jump"
        aria-expanded="true"
        aria-controls={listId}
        aria-activedescendant={found.length > 0 ? `${listId}-${chosen}` : undefined}
        placeholder="Runs, flows, pages"
        value={words}
        onChange={(event) => {
          setWords(event.target.value)
          setAt(0)
        }}
        onKeyDown={onKey}
      />
      <div role="listbox" id={listId} aria-label="Commands">
        {found.map((command, i) => (
          <div
            key={command.to}
            id={`${listId}-${i}`}
            role="option"
            aria-selected={i === chosen}
            className="command"
            onClick={() => go(command)}
          >
            {command.icon}
            <span className="fill cut">{command.word}</span>
            <span className="ink-3 small">{command.hint ?? command.group}</span>
          </div>
        ))}
        {found.length === 0 ? <p className="empty">Nothing is called that.</p> : null}
      </div>
    </div>
  )
}
