// The navigation: pages, what needs somebody, who one is.

import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import {
  Activity,
  Box,
  CircleCheck,
  Clock,
  KeyRound,
  Menu,
  PanelLeft,
  Search,
  Server,
  Shield,
  Workflow,
} from 'lucide-react'
import type { ReactElement, ReactNode } from 'react'
import { queries } from '../api/queries.ts'
import { countText } from '../model/format.ts'
import { Button } from '../parts/button.tsx'
import { change, useSettings } from '../parts/settings.ts'
import { Brand } from './brand.tsx'
import { SettingsButton } from './settings-button.tsx'

export interface NavProps {
  readonly isOpen: boolean
  readonly onClose: () => void
  readonly onMenu: () => void
  readonly onCommands: () => void
}

export function Nav({ isOpen, onClose, onMenu, onCommands }: NavProps): ReactElement {
  const { data: info } = useQuery(queries.info())
  const { data: running } = useQuery(queries.countOf('running'))
  const { data: waits } = useQuery(queries.countOfWaits())
  const { isFolded } = useSettings()
  return (
    <>
      <div className="menu-button">
        <Button look="bare" square aria-label="Menu" onPress={onMenu}>
          <Menu size={16} />
        </Button>
      </div>
      <nav className={isOpen ? 'nav open' : 'nav'} aria-label="Main" onClick={onClose} onKeyDown={() => {}}>
        <Brand />
        <button type="button" className="button find" onClick={onCommands} aria-label="Search or jump">
          <Search size={16} />
          <span className="word">Search or jump</span>
        </button>
        <kbd className="over" aria-hidden="true">
          Ctrl K
        </kbd>
        <ul className="pages">
          <Entry to="/runs" icon={<Activity size={16} />} word="Runs" count={running} />
          <Entry to="/flows" icon={<Workflow size={16} />} word="Flows" />
          <Entry to="/approvals" icon={<CircleCheck size={16} />} word="Approvals" count={waits} waits />
          <Entry to="/schedules" icon={<Clock size={16} />} word="Schedules" apart />
          <Entry to="/components" icon={<Box size={16} />} word="Components" />
          <Entry to="/secrets" icon={<KeyRound size={16} />} word="Secrets" />
          {info?.role === 'admin' ? <Entry to="/tokens" icon={<Shield size={16} />} word="Tokens" /> : null}
          <Entry to="/nodes" icon={<Server size={16} />} word="Nodes" />
        </ul>
        <div className="who">
          <span className="fill cut name">
            {info?.name ?? 'local'} <span className="ink-3">{info?.role}</span>
          </span>
          <span className="fold">
            <Button
              look="bare"
              dense
              square
              aria-label={isFolded ? 'Unfold navigation' : 'Fold navigation'}
              onPress={() => change({ isFolded: !isFolded })}
            >
              <PanelLeft size={16} />
            </Button>
          </span>
          <SettingsButton />
        </div>
      </nav>
    </>
  )
}

// ---

interface EntryProps {
  readonly to: string
  readonly icon: ReactNode
  readonly word: string
  readonly count?: number | undefined
  readonly waits?: boolean
  readonly apart?: boolean
}

function Entry({ to, icon, word, count = 0, waits = false, apart = false }: EntryProps): ReactElement {
  return (
    <li className={apart ? 'apart' : undefined}>
      <Link to={to} activeProps={{ 'aria-current': 'page' }} title={word}>
        {icon}
        <span className="word">{word}</span>
        {count > 0 ? (
          <span className={waits ? 'count waits' : 'count'} aria-hidden="true">
            {countText(count)}
          </span>
        ) : null}
      </Link>
    </li>
  )
}
