// Below the editor: problems, a run of what is written, its tests, its versions.

import { TriangleAlert } from 'lucide-react'
import type { ReactElement } from 'react'
import { Shape } from '../../parts/status.tsx'
import { Tabs } from '../../parts/tabs.tsx'
import type { DockProps, DockTab } from './dock-props.ts'
import { RunHere } from './run-here.tsx'
import { Tests } from './tests.tsx'
import type { Compiled } from './use-compiled.ts'
import { Values } from './values.tsx'
import { Versions } from './versions.tsx'

export function Dock(props: DockProps): ReactElement {
  const { tab, onTab, name, compiled, onGo } = props
  const { problems } = compiled
  return (
    <section className="dock" aria-label="Dock">
      <Tabs
        label="Dock"
        selected={tab}
        onSelect={(id) => onTab(id as DockTab)}
        entries={[
          { id: 'problems', word: 'Problems', count: problems.length || undefined },
          { id: 'run', word: 'Run' },
          { id: 'values', word: 'Values' },
          ...(name === undefined
            ? []
            : [
                { id: 'tests', word: 'Tests' },
                { id: 'versions', word: 'Versions' },
              ]),
        ]}
      />
      <div className="scroll dock-body">
        {tab === 'problems' ? <Problems problems={problems} onGo={onGo} /> : null}
        {tab === 'run' ? <RunHere {...props} /> : null}
        {tab === 'values' ? <Values last={props.last} compiled={compiled} /> : null}
        {tab === 'tests' && name !== undefined ? <Tests name={name} text={props.text} /> : null}
        {tab === 'versions' && name !== undefined ? <Versions {...props} name={name} /> : null}
      </div>
    </section>
  )
}

// ---

const SHAPES = { fatal: 'failed', error: 'failed', hint: 'pending' } as const

function Problems({ problems, onGo }: { problems: Compiled['problems']; onGo: DockProps['onGo'] }): ReactElement {
  if (problems.length === 0) return <p className="empty">No problems.</p>
  return (
    <ul aria-label="Problems">
      {problems.map(({ level, message, hint, line, column }, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they never move
        <li key={i}>
          <button type="button" className="as-text problem" onClick={() => onGo(line ?? 1, column)}>
            {level === 'warning' ? <TriangleAlert size={14} className="waiting" /> : <Shape status={SHAPES[level]} />}
            <span className="ink-3 mono">{line === undefined ? '' : `${line}:${column ?? 1}`}</span>
            <span className="fill">
              {message}
              {hint === undefined ? null : <span className="ink-3"> {hint}</span>}
            </span>
          </button>
        </li>
      ))}
    </ul>
  )
}
