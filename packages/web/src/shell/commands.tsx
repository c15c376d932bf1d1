// The palette: what one can do on this page, its steps, runs, flows and pages, by a few letters.

import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { Search } from 'lucide-react'
import { Fragment, type KeyboardEvent, type ReactElement, useEffect, useId, useState } from 'react'
import { queries } from '../api/queries.ts'
import { shortId } from '../model/format.ts'
import { nameOf, statusOf } from '../model/run-words.ts'
import { Dialog } from '../parts/floating.tsx'
import { Shape } from '../parts/status.tsx'
import { type PageCommand, useOffered } from './page-commands.ts'

interface Command extends Omit<PageCommand, 'does'> {
  readonly group: string
  /** An address, or what is done. */
  readonly to: string | (() => void)
}

const PAGES: readonly Command[] = [
  { group: 'Go to', word: 'Runs', to: '/runs', hint: 'g r' },
  { group: 'Go to', word: 'Flows', to: '/flows', hint: 'g f' },
  { group: 'Go to', word: 'Approvals', to: '/approvals', hint: 'g a' },
  { group: 'Go to', word: 'Schedules', to: '/schedules', hint: 'g s' },
  { group: 'Go to', word: 'Components', to: '/components', hint: 'g c' },
  { group: 'Go to', word: 'Secrets', to: '/secrets' },
  { group: 'Go to', word: 'Nodes', to: '/nodes' },
  { group: 'Go to', word: 'New flow', to: '/flows/new' },
]

export interface CommandsProps {
  /** `actions`: only what one can do on this page. */
  readonly open: 'all' | 'actions' | undefined
  readonly onOpenChange: (isOpen: boolean) => void
}

export function Commands({ open, onOpenChange }: CommandsProps): ReactElement {
  return (
    <Dialog title="Commands" isOpen={open !== undefined} onOpenChange={onOpenChange} isTitleHidden>
      <Palette onlyActions={open === 'actions'} onDone={() => onOpenChange(false)} />
    </Dialog>
  )
}

// ---

const MOST = 8
/** Of an id: fewer are in that of every other run. */
const LEAST_LETTERS = 3

function Palette({ onlyActions, onDone }: { onlyActions: boolean; onDone: () => void }): ReactElement {
  const [words, setWords] = useState('')
  const [at, setAt] = useState(0)
  const navigate = useNavigate()
  const listId = useId()
  const text = words.trim().toLowerCase()
  const offered = useOffered()
  const { data: runs } = useQuery({ ...queries.someRuns(text), enabled: text.length >= LEAST_LETTERS && !onlyActions })
  const { data: flows } = useQuery(queries.flows())
  const ofPage = (group: string, { does, ...command }: PageCommand): Command => ({ ...command, group, to: does })
  const actions = offered
    .flatMap(({ actions: all = [] }) => all)
    .filter(({ word }) => word.toLowerCase().includes(text))
    .map((command) => ofPage('On this page', command))
  const found: Command[] = onlyActions
    ? actions
    : [
        ...actions.slice(0, text === '' ? MOST : undefined),
        ...offered
          .flatMap(({ find }) => (text === '' ? [] : (find?.(text) ?? [])))
          .slice(0, MOST)
          .map((command) => ofPage('Steps', command)),
        ...(text.length < LEAST_LETTERS ? [] : (runs?.runs ?? [])).slice(0, MOST).map((run) => ({
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
    if (typeof command.to === 'function') command.to()
    else void navigate({ to: command.to })
  }
  useEffect(() => {
    document.getElementById(`${listId}-${chosen}`)?.scrollIntoView({ block: 'nearest' })
  }, [listId, chosen])
  const onKey = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown') setAt(Math.min(chosen + 1, found.length - 1))
    else if (event.key === 'ArrowUp') setAt(Math.max(chosen - 1, 0))
    else if (event.key === 'Enter') go(found[chosen])
    else return
    event.preventDefault()
  }
  return (
    <div className="palette">
      <label className="palette-field">
        <Search size={16} />
        <input
          autoFocus
          role="combobox"
          aria-label="Search or jump"
          aria-expanded="true"
          aria-controls={listId}
          aria-activedescendant={found.length > 0 ? `${listId}-${chosen}` : undefined}
          placeholder={onlyActions ? 'On this page' : 'Runs, flows, steps, actions'}
          value={words}
          onChange={(event) => {
            setWords(event.target.value)
            setAt(0)
          }}
          onKeyDown={onKey}
        />
        <kbd>Esc</kbd>
      </label>
      <div role="listbox" id={listId} aria-label="Commands">
        {found.map((command, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: two may be called the same
          <Fragment key={i}>
            {command.group === found[i - 1]?.group ? null : (
              <div className="command-group small ink-3" role="presentation">
                {command.group}
              </div>
            )}
            <div
              id={`${listId}-${i}`}
              role="option"
              aria-selected={i === chosen}
              className="command"
              onClick={() => go(command)}
            >
              {command.icon}
              <span className="fill cut">{command.word}</span>
              <span className="ink-3 small">{command.hint}</span>
            </div>
          </Fragment>
        ))}
        {found.length === 0 ? (
          <p className="empty">{text === '' ? 'There is nothing to do on this page.' : 'Nothing is called that.'}</p>
        ) : null}
      </div>
      <p className="palette-foot small ink-2" aria-hidden="true">
        <span>
          <kbd>↑</kbd> <kbd>↓</kbd> choose
        </span>
        <span>
          <kbd>Enter</kbd> open
        </span>
        <span>
          <kbd>?</kbd> all keys
        </span>
      </p>
    </div>
  )
}
