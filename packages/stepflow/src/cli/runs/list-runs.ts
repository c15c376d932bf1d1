// stepflow runs list: the newest runs, or those with a state, a flow or a label.

import type { RunQuery, RunStatus } from '@stepflow/engine'
import { countOption, usage } from '../args.ts'
import type { Args } from '../command.ts'
import type { Action } from './action.ts'
import { summaryJson, summaryLine } from './summary.ts'

export const list: Action = {
  operands: '',
  options: ['status', 'flow', 'label', 'limit', 'json'],
  async run({ args, io, reader, messages }) {
    const limit = countOption({ name: 'runs' }, args, 'limit') ?? 50
    const flow = args.value('flow')
    const labels = labelsOf(args)
    const query: RunQuery = {
      limit: limit + 1,
      ...(args.has('status') ? { status: args.value('status') as RunStatus } : {}), // one of its choices
      ...(flow === undefined ? {} : { flow }),
      ...(Object.keys(labels).length === 0 ? {} : { labels }),
    }
    const rows = await reader.list(query)
    const shown = rows.slice(0, limit)
    if (args.has('json')) io.out(`${JSON.stringify(shown.map(summaryJson))}\n`)
    else {
      const width = Math.max(0, ...shown.map(({ id }) => id.length))
      io.out(shown.map((row) => `${summaryLine(row, width, io.terminal.color.out)}\n`).join(''))
      if (shown.length === 0) messages.hint('no runs')
    }
    if (rows.length > limit) messages.hint(`these are the newest ${limit}; --limit N shows more`)
    return 0
  },
}

// ---

function labelsOf(args: Args): Record<string, string> {
  const labels: [string, string][] = args.values('label').map((text) => {
    const at = text.indexOf('=')
    if (at < 1) throw usage({ name: 'runs' }, `--label is "${text}", but must be NAME=VALUE`)
    return [text.slice(0, at), text.slice(at + 1)]
  })
  return Object.fromEntries(labels)
}
