// What the editor gives to what stands below it.

import type { Operation } from '@stepflow/dialects/edit'
import type { Json } from '@stepflow/engine'
import type { Compiled } from './use-compiled.ts'
import type { LastValues } from './use-last-values.ts'
import type { RunsHere } from './use-runs-here.ts'

export type DockTab = 'problems' | 'run' | 'values' | 'tests' | 'versions'

export interface DockProps {
  readonly tab: DockTab
  readonly onTab: (tab: DockTab) => void
  readonly name: string | undefined
  readonly text: string
  readonly file: string | undefined
  readonly step: string | undefined
  readonly compiled: Compiled
  readonly runs: RunsHere
  readonly last: LastValues
  /** Values that stand in for steps. */
  readonly pins: ReadonlyMap<string, Json>
  readonly onUnpin: (step: string) => void
  readonly onChange: (operation: Operation) => void
  readonly mayChange: boolean
  readonly mayRun: boolean
  readonly onGo: (line: number, column?: number) => void
  readonly onRestore: (text: string) => void
}
