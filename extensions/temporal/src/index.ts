// The public names of the package: what the command line asks of an engine elsewhere.

import type { EngineElsewhere } from '@stepflow/host'
import { openRuns } from './runs/open-runs.ts'
import { work } from './work.ts'

const engine: EngineElsewhere = { work, open: openRuns }

export const { open } = engine
export { work }
