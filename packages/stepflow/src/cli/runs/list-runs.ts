// stepflow runs list: the newest runs, or those with a state, a flow, a label or a time.

import { resolve } from 'node:path'
import type { ListRuns, Run, RunList } from '@stepflow/api/client'
import {
  ASKED_STATUSES,
  instantOf,
  parseDuration,
  RUN_SORTS,
  type RunQuery,
  type RunSort,
  suggest,
  TRIGGER_TYPES,
} from '@stepflow/engine'
import { MOST_COUNTED, summaryOf } from '@stepflow/host/history'
import { countOption, labelPairs, usage } from '../args.ts'
import type { Args, Command } from '../command.ts'
import { number } from '../progress/number.ts'
import { shownOf } from '../remote/remote-row.ts'
import { type Action, jsonOption, type RemoteContext, type RunsContext, secretsOption } from './action.ts'
import { drawRuns, type ShownRun } from './draw-runs.ts'

const KINDS = ['run', 'test', 'all'] as const

export const list: Action = {
  name: 'runs list',
  summary: 'list runs, the newest first',
  operands: '',
  takesEngine: true,
  options: [
    { name: 'status', value: 'STATUS', does: 'only runs in this state, or in one of several: failed,cancelled' },
    { name: 'flow', value: 'FLOW', does: 'only runs of this flow: its file, its name or its id' },
    { name: 'label', value: 'NAME=VALUE', many: true, does: 'only runs with this label' },
    {
      name: 'since',
      value: 'TIME',
      does: 'only runs created at this time or later: 2026-11-29, or 2h for 2 hours ago',
    },
    { name: 'until', value: 'TIME', does: 'only runs created before this time' },
    { name: 'trigger', value: 'TYPE', does: `only runs that were started by this: ${TRIGGER_TYPES.join(', ')}` },
    { name: 'kind', value: 'KIND', does: `${KINDS.join(', ')}: tests run a part of a flow`, default: 'run' },
    { name: 'search', value: 'TEXT', does: 'only runs with this text in their id, flow, labels or error, in any case' },
    { name: 'sort', value: 'KEY', does: `the order: ${RUN_SORTS.join(', ')}`, default: '-createdAt' },
    { name: 'limit', value: 'N', does: 'how many runs to list', default: '50' },
    secretsOption,
    { ...jsonOption, does: 'print an array of run summaries' },
  ],
  examples: [
    { does: 'the runs that wait for something', line: 'stepflow runs list --status waiting' },
    { does: 'the runs that failed today', line: 'stepflow runs list --status failed --since 24h' },
    { does: 'the ids of all runs of a flow', line: 'stepflow runs list --flow flow.yaml --json | jq -r .[].runId' },
  ],
  absent: 'empty',
  async run(at) {
    const { reader, args } = at
    const { rows, total = 0 } = await reader.list({ ...queryOf(at), count: MOST_COUNTED })
    const waiting = await reader.waiting(rows)
    const summaries = rows.map((row, i) => summaryOf(row, waiting[i]))
    if (args.has('json')) return print(at, { summaries, shown: [], total })
    const held = await reader.holders()
    const shown = rows.map((row, i) => ({ row, isHeld: held.has(row.id), waiting: waiting[i]?.text }))
    return print(at, { summaries, shown, total })
  },
  async remote(at) {
    const { client, args } = at
    const { limit = 0, labels = [], status, trigger, since, until, q, sort, kind = 'all' } = queryOf(at)
    const query: ListRuns = {
      ...{ status, trigger, q, sort, kind, flow: args.value('flow') },
      label: labels.map(([name, value]) => `${name}:${value}`),
      ...(since === undefined ? {} : { since: new Date(since) }),
      ...(until === undefined ? {} : { until: new Date(until) }),
    }
    const summaries: Run[] = []
    let page: RunList | undefined
    do {
      const rest = Math.min(limit - summaries.length, PAGE)
      page = await client.listRuns({ ...query, limit: rest, cursor: page?.nextCursor })
      summaries.push(...page.runs)
    } while (page.nextCursor !== undefined && summaries.length < limit)
    return print(at, { summaries, shown: summaries.map(shownOf), total: page.total })
  },
}

// ---

interface Listed {
  readonly summaries: readonly object[]
  /** The same runs, to be drawn. */
  readonly shown: readonly ShownRun[]
  readonly total: number
}

function print({ args, io, messages }: RemoteContext | RunsContext, { summaries, shown, total }: Listed): number {
  if (args.has('json')) io.out(`${JSON.stringify(summaries)}\n`)
  else if (shown.length === 0) messages.hint(isNarrowed(args) ? 'no run matches' : 'no runs')
  else {
    const columns = io.terminal.out ? io.terminal.columns : Number.POSITIVE_INFINITY
    const lines = drawRuns(shown, { color: io.terminal.color.out, columns, now: Date.now() })
    io.out(lines.map((line) => `${line}\n`).join(''))
  }
  if (summaries.length < total) {
    const all = total >= MOST_COUNTED ? `at least ${number(MOST_COUNTED)}` : number(total)
    messages.hint(`${number(summaries.length)} of ${all}; --limit N lists more`)
  }
  return 0
}

/** Runs that a server lists at once. */
const PAGE = 1000

function queryOf({ command, args, io }: Pick<RunsContext, 'command' | 'args' | 'io'>): RunQuery {
  const flow = args.value('flow')
  const now = Date.now()
  return {
    limit: countOption(command, args, 'limit') ?? 50,
    sort: sortOf(command, args),
    status: someOf(command, args, 'status', ASKED_STATUSES),
    flow: flow === undefined ? undefined : [flow, resolve(io.cwd, flow)],
    labels: labelPairs(command, args),
    since: timeOption(command, args, 'since', now),
    until: timeOption(command, args, 'until', now),
    trigger: someOf(command, args, 'trigger', TRIGGER_TYPES),
    kind: kindOf(command, args),
    q: args.value('search'),
  }
}

function isNarrowed(args: Args): boolean {
  return args.given.some(({ name }) =>
    ['status', 'flow', 'label', 'since', 'until', 'trigger', 'kind', 'search'].includes(name),
  )
}

function kindOf(command: Pick<Command, 'name'>, args: Args): RunQuery['kind'] {
  const text = args.value('kind') ?? 'run'
  const kind = KINDS.find((one) => one === text)
  if (kind) return kind === 'all' ? undefined : kind
  throw usage(command, `--kind is "${text}", but must be one of: ${KINDS.join(', ')}`)
}

function sortOf(command: Pick<Command, 'name'>, args: Args): RunSort | undefined {
  const text = args.value('sort')
  const sort = RUN_SORTS.find((one) => one === text)
  if (text === undefined || sort) return sort
  throw usage(command, `--sort is "${text}", but must be one of: ${RUN_SORTS.join(', ')}`)
}

/** One of the words that there are, or several with commas. */
function someOf<T extends string>(
  command: Pick<Command, 'name'>,
  args: Args,
  name: string,
  words: readonly T[],
): T[] | undefined {
  return args
    .value(name)
    ?.split(',')
    .map((text) => {
      const word = words.find((one) => one === text.trim())
      if (word) return word
      const near = suggest(text, words)
      const hint = near ? `; did you mean "${near}"?` : ''
      throw usage(command, `--${name} is "${text}", but must be one of: ${words.join(', ')}${hint}`)
    })
}

/** A date, a time, or a length of time before now; epoch milliseconds. */
function timeOption(command: Pick<Command, 'name'>, args: Args, name: string, now: number): number | undefined {
  const text = args.value(name)
  if (text === undefined) return undefined
  const ago = parseDuration(text)
  if (ago !== undefined) return now - ago
  const at = instantOf(text)
  if (at !== undefined) return at
  throw usage(
    command,
    `--${name} is "${text}", but must be a day (2026-11-29, in UTC), a time (2026-11-29T08:00:00Z), or how long ago (2h)`,
  )
}
