// A group as one statement: moves the shards' row counts and the runs' versions, which are the fences, and inserts what
// belongs to those that were as expected. Answers which of them it wrote. Parts that a group does not need are left out.

import { LOG_LEVELS, type LogLine, RUN_LOG_BYTES, rowFacts } from '@stepflow/engine'
import { bigints, bools, byteas, ints, texts } from './arrays.ts'
import type { Statement } from './connection.ts'
import type { Group, GroupRun, GroupShard } from './group.ts'
import { flowNames, labelsOf, triggerOf } from './run-filter.ts'
import { toText } from './text.ts'

export interface GroupContext {
  /** Our name as a driver. */
  readonly driver: string
  /** Added to the numbers of transactions. */
  readonly base: number
  readonly now: number
}

export interface GroupAnswer {
  /** Places of the shards that were written. */
  readonly done: readonly number[] | null
  readonly tx: number
}

/** Somebody wanted to put it elsewhere, and has not done so yet: then it stands here. */
export const FILLED = `is_there = true,
  json = CASE WHEN blobs.is_there THEN blobs.json ELSE excluded.json END,
  bytes = CASE WHEN blobs.is_there THEN blobs.bytes ELSE excluded.bytes END,
  object = CASE WHEN blobs.is_there THEN blobs.object END`
/** A blob that was put again is as good as new to `prune`; more often than this it need not be written down. */
export const TOUCH_MS = 10 * 60_000

export function groupStatement(group: Group, { driver, base, now }: GroupContext): Statement {
  const runs = group.runs.filter((run) => run.isWritten)
  const has = {
    runs: runs.length > 0,
    newShards: group.shards.some((shard) => shard.expected === 0),
    inputs: group.shards.some(isUnfencedInput),
    oldShards: group.shards.some((shard) => shard.expected > 0),
    items: group.items.length > 0,
    kept: group.kept.size > 0,
    wakes: group.wakes.length + group.signalled.length > 0,
    blobs: group.blobs.size > 0,
    lines: group.lines.length > 0,
  }
  const values: unknown[] = []
  const put = (type: string, value: unknown) => `$${values.push(value)}::${type}`
  const parts = [
    ...(has.blobs ? blobs(group, now, put) : []),
    ...(has.runs ? runsWritten(runs, put) : []),
    ...shardsWritten(group, has, driver, put),
    journal(group, base, put),
    ...(has.items ? [items(group, put)] : []),
    ...(has.kept ? [kept(group, put)] : []),
    ...(has.wakes ? [wakes(group, now, put)] : []),
    ...(has.lines ? [lines(group, base, put)] : []),
  ]
  const more = `${has.runs ? `, ${TORN} AS torn` : ''}${has.lines ? ', (SELECT sum(count) FROM logged) AS lines' : ''}`
  const text = `WITH ${parts.join(',\n')}
SELECT (SELECT array_agg(n) FROM done) AS done, pg_current_xact_id()::text::bigint + ${put('bigint', base)} AS tx${more}`
  const name = `append-${Object.values(has).map(Number).join('')}`
  return { name, text, values }
}

/** What `add_lines` takes of each line. */
export const LINE_COLUMNS = ['place', 'item', 'step', 'level', 'size', 'line']
const LINE_ARRAYS = LINE_COLUMNS.map((name) => `array_agg(${name} ORDER BY place)`).join(', ')

export function lineColumns(
  places: readonly number[],
  lines: readonly LogLine[],
  json: readonly string[],
  put: (type: string, value: unknown) => string,
): string[] {
  return [
    put('integer[]', ints(places)),
    put('integer[]', ints(lines.map(({ item }) => item ?? null))),
    put('text[]', texts(lines.map(({ step }) => (step === undefined ? null : toText(step))))),
    put('integer[]', ints(lines.map(({ level }) => LOG_LEVELS.indexOf(level)))),
    put('integer[]', ints(json.map((text) => text.length))),
    put('text[]', texts(json)),
  ]
}

// ---

type Put = (type: string, value: unknown) => string

/** Between the elements of a list that is sent as one text: JSON has no such character. */
const BETWEEN = '\x01'

/** Of the journals that were as expected. */
const DONE = 'ANY (ARRAY (SELECT n FROM done))'

/** G2. */
const TORN = `CASE WHEN EXISTS (
  SELECT FROM (
    SELECT unit, n = ANY (ARRAY (SELECT n FROM runs_done)) AS ok FROM r
    UNION ALL SELECT unit, n = ${DONE} FROM s WHERE gate >= 0) AS members
  GROUP BY unit HAVING bool_or(ok) AND NOT bool_and(ok)) THEN refuse() END`

function runsWritten(runs: readonly GroupRun[], put: Put): string[] {
  const column = <T>(of: (run: GroupRun) => T) => runs.map(of)
  const row = <T>(of: (run: GroupRun['row']) => T) => runs.map((run) => of(run.row))
  const columns = [
    put('text[]', texts(column(({ id }) => toText(id)))),
    put('integer[]', ints(column(({ n }) => n))),
    put('integer[]', ints(column(({ unit }) => unit))),
    put('integer[]', ints(column(({ expected }) => expected))),
    put('text[]', texts(row(({ flow }) => (flow === undefined ? null : toText(flow))))),
    put('text[]', texts(row(({ status }) => status))),
    put('bigint[]', bigints(row(({ createdAt }) => whole(createdAt)))),
    put('bigint[]', bigints(row(({ startedAt }) => whole(startedAt)))),
    put('bigint[]', bigints(row(({ endedAt }) => whole(endedAt)))),
    put('integer[]', ints(row(({ items }) => items.total))),
    put('integer[]', ints(row(({ items }) => items.success))),
    put('integer[]', ints(row(({ items }) => items.skipped))),
    put('integer[]', ints(row(({ items }) => items.failed))),
    put('integer[]', ints(row(({ items }) => items.cancelled))),
    put('integer[]', ints(row(({ recovered }) => recovered))),
    put('text[]', texts(row(({ error }) => (error === undefined ? null : JSON.stringify(error))))),
    put('text[]', texts(row((facts) => factsOf(facts)))),
    put('text[]', texts(row(({ kind = 'run' }) => kind))),
    put('text[]', texts(row(({ trigger }) => toText(triggerOf(trigger))))),
    put('text[]', texts(row((facts) => flowNames(facts).join(BETWEEN)))),
    put('text[]', texts(row((facts) => labelsOf(facts).join(BETWEEN)))),
  ]
  const changing = 'status, started_at, ended_at, total, success, skipped, failed, cancelled, recovered, error'.split(
    ', ',
  )
  return [
    `r AS (SELECT * FROM unnest(${columns.join(', ')}) AS r (id, n, unit, expected, flow, status, created_at, started_at,
      ended_at, total, success, skipped, failed, cancelled, recovered, error, facts, kind, trigger, flow_names, labels))`,
    `runs_new AS (
      INSERT INTO runs (id, slot, version, flow, created_at, facts, kind, trigger, flow_names, labels, ${changing.join(', ')})
      SELECT id, n, 1, flow, created_at, facts, kind, trigger, string_to_array(flow_names, E'\\x01'),
        string_to_array(labels, E'\\x01'), ${changing.join(', ')} FROM r WHERE expected = 0
      ON CONFLICT (id) DO NOTHING RETURNING slot AS n)`,
    `runs_moved AS (
      UPDATE runs SET version = runs.version + 1, ${changing.map((name) => `${name} = r.${name}`).join(', ')}
      FROM r WHERE r.expected > 0 AND runs.id = r.id AND runs.version = r.expected RETURNING r.n)`,
    'runs_done AS (SELECT n FROM runs_new UNION ALL SELECT n FROM runs_moved)',
  ]
}

function shardsWritten(
  group: Group,
  has: { readonly runs: boolean; readonly newShards: boolean; readonly inputs: boolean; readonly oldShards: boolean },
  driver: string,
  put: Put,
): string[] {
  const column = <T>(of: (shard: GroupShard) => T) => group.shards.map(of)
  const gate = ({ ofRun }: GroupShard) => (ofRun.isWritten ? ofRun.n : -1)
  const columns = [
    put('integer[]', ints(column(({ n }) => n))),
    put('text[]', texts(column(({ run }) => toText(run)))),
    put('integer[]', ints(column(({ part }) => part))),
    put('integer[]', ints(column(({ expected }) => expected))),
    put('integer[]', ints(column(({ rows }) => rows))),
    put('integer[]', ints(column(gate))),
    put('integer[]', ints(column(({ ofRun }) => ofRun.unit))),
    put('integer[]', ints(column(({ first }) => first))),
    put('integer[]', ints(column(({ items }) => items))),
    put('integer[]', ints(column(({ shares }) => shares ?? null))),
    put('boolean[]', bools(column(({ hold }) => hold))),
    put('boolean[]', bools(column(({ isOpen }) => isOpen))),
    put('integer[]', ints(column(({ counts }) => counts.success))),
    put('integer[]', ints(column(({ counts }) => counts.skipped))),
    put('integer[]', ints(column(({ counts }) => counts.failed))),
    put('integer[]', ints(column(({ counts }) => counts.cancelled))),
    put('integer[]', ints(column(({ counts }) => counts.recovered))),
    put('integer[]', ints(column(({ counts }) => counts.running))),
    put('integer[]', ints(column(({ counts }) => counts.waiting))),
    put('integer[]', ints(column(({ counts }) => counts.error?.item ?? null))),
    put('text[]', texts(column(({ counts: { error } }) => (error === undefined ? null : JSON.stringify(error))))),
  ]
  const counts = 'is_open, success, skipped, failed, cancelled, recovered, running, waiting, error_item, error'.split(
    ', ',
  )
  const me = put('text', driver)
  const mayWrite = has.runs ? 'AND (s.gate < 0 OR s.gate = ANY (ARRAY (SELECT n FROM runs_done)))' : ''
  const inputs = () => put('integer[]', ints(group.shards.filter(isUnfencedInput).map(({ n }) => n)))
  // Whoever seals the input at this moment waits for us, or we for him.
  const takesMore = has.inputs
    ? `AND (n <> ALL (${inputs()}) OR EXISTS (SELECT FROM runs WHERE id = s.run AND total < 0 FOR SHARE))`
    : ''
  const created = `shards_new AS (
    INSERT INTO shards (run, part, slot, rows, first, items, shares, driver, ${counts.join(', ')})
    SELECT run, part, n, rows, first, items, shares, CASE WHEN hold AND is_open THEN ${me} END, ${counts.join(', ')}
    FROM s WHERE expected = 0 ${mayWrite} ${takesMore}
    ON CONFLICT (run, part) DO NOTHING RETURNING slot AS n)`
  const moved = `shards_moved AS (
    UPDATE shards SET rows = s.rows, ${counts.map((name) => `${name} = s.${name}`).join(', ')},
      driver = CASE WHEN NOT s.is_open THEN NULL WHEN s.hold THEN ${me} ELSE shards.driver END,
      place = CASE WHEN s.is_open THEN shards.place END
    FROM s WHERE s.expected > 0 AND shards.run = s.run AND shards.part = s.part AND shards.rows = s.expected ${mayWrite}
    RETURNING s.n)`
  const written = [...(has.newShards ? ['shards_new'] : []), ...(has.oldShards ? ['shards_moved'] : [])]
  return [
    `s AS (SELECT * FROM unnest(${columns.join(', ')}) AS s (n, run, part, expected, rows, gate, unit, first, items, shares, hold,
      ${counts.join(', ')}))`,
    ...(has.newShards ? [created] : []),
    ...(has.oldShards ? [moved] : []),
    `done AS (${written.map((name) => `SELECT n FROM ${name}`).join(' UNION ALL ')})`,
  ]
}

/** Of a run whose row is written along, the version of the row says that it takes more. */
function isUnfencedInput({ isInput, ofRun }: GroupShard): boolean {
  return isInput && !ofRun.isWritten
}

function journal({ rows }: Group, base: number, put: Put): string {
  const columns = [
    put('integer[]', ints(rows.map(({ shard }) => shard.n))),
    put('text[]', texts(rows.map(({ shard }) => toText(shard.run)))),
    put('integer[]', ints(rows.map(({ shard }) => shard.part))),
    put('integer[]', ints(rows.map(({ seq }) => seq))),
    put('integer[]', ints(rows.map(({ place }) => place))),
    put('bigint[]', bigints(rows.map(({ mark }) => mark))),
    put('text[]', texts(rows.map(({ text }) => text))),
  ]
  return `journal_written AS (
    INSERT INTO journal (run, part, seq, tx, place, mark, entries)
    SELECT run, part, seq, pg_current_xact_id()::text::bigint + ${put('bigint', base)}, place, mark, entries
    FROM unnest(${columns.join(', ')}) AS j (n, run, part, seq, place, mark, entries) WHERE n = ${DONE})`
}

function lines(group: Group, base: number, put: Put): string {
  const places = group.lines.map(({ place }) => place)
  const all = group.lines.map(({ line }) => line)
  const columns = [
    put('integer[]', ints(group.lines.map(({ n }) => n))),
    put('text[]', texts(group.lines.map(({ run }) => toText(run)))),
    ...lineColumns(
      places,
      all,
      all.map((line) => JSON.stringify(line)),
      put,
    ),
  ]
  return `logged AS (
    SELECT add_lines(run, pg_current_xact_id()::text::bigint + ${put('bigint', base)}, ${RUN_LOG_BYTES}, ${LINE_ARRAYS}) AS count
    FROM unnest(${columns.join(', ')}) AS l (n, run, ${LINE_COLUMNS.join(', ')}) WHERE n = ${DONE} GROUP BY run)`
}

function items({ items }: Group, put: Put): string {
  const columns = [
    put('integer[]', ints(items.map(({ n }) => n))),
    put('text[]', texts(items.map(({ run }) => toText(run)))),
    put('integer[]', ints(items.map(({ item }) => item))),
    put('integer[]', ints(items.map(({ to }) => to))),
    put('integer[]', ints(items.map(({ status }) => status))),
    put('text[]', texts(items.map(({ outcome }) => outcome))),
  ]
  return `items_written AS (
    INSERT INTO items (run, item, status, outcome)
    SELECT run, number, status, outcome
    FROM unnest(${columns.join(', ')}) AS i (n, run, item, upto, status, outcome), generate_series(item, upto) AS number
    WHERE n = ${DONE}
    ON CONFLICT (run, item) DO UPDATE SET status = excluded.status, outcome = excluded.outcome)`
}

function kept(group: Group, put: Put): string {
  const outputs = [...group.kept].sort(([a], [b]) => (a < b ? -1 : 1))
  const columns = [
    put('integer[]', ints(outputs.map(([, { n }]) => n))),
    put('text[]', texts(outputs.map(([key]) => toText(key)))),
    put('bigint[]', bigints(outputs.map(([, { until }]) => whole(until)))),
    put('text[]', texts(outputs.map(([, { outcome }]) => outcome))),
  ]
  return `outputs_kept AS (
    INSERT INTO cached (key, until, outcome)
    SELECT key, until, outcome FROM unnest(${columns.join(', ')}) AS k (n, key, until, outcome) WHERE n = ${DONE}
    ON CONFLICT (key) DO UPDATE SET until = excluded.until, outcome = excluded.outcome)`
}

/** Also those that are driven are woken by a signal: their drivers may be about to put them down without having seen it. */
function wakes({ wakes, signalled }: Group, now: number, put: Put): string {
  const named = [
    put('integer[]', ints(wakes.map(({ n }) => n))),
    put('text[]', texts(wakes.map(({ run }) => toText(run)))),
    put('integer[]', ints(wakes.map(({ part }) => part))),
    put('bigint[]', bigints(wakes.map(({ at }) => at))),
  ]
  const signals = [
    put('integer[]', ints(signalled.map(({ n }) => n))),
    put('text[]', texts(signalled.map(({ run }) => toText(run)))),
    put('integer[]', ints(signalled.map(({ item }) => item))),
  ]
  return `woken AS (
    INSERT INTO wakes (run, part, at)
    SELECT run, part, min(at) FROM (
      SELECT run, part, at FROM unnest(${named.join(', ')}) AS w (n, run, part, at) WHERE n = ${DONE}
      UNION ALL
      SELECT shards.run, shards.part, ${put('bigint', Math.floor(now))}
      FROM unnest(${signals.join(', ')}) AS g (n, run, item) JOIN shards ON shards.run = g.run AND is_open
        AND (g.item IS NULL OR (g.item >= shards.first AND g.item < shards.first + shards.items))
      WHERE g.n = ${DONE}) AS due
    GROUP BY run, part ORDER BY run, part
    ON CONFLICT (run, part) DO UPDATE SET at = least(wakes.at, excluded.at))`
}

/** By their ids: two groups that bring the same ones must not wait for one another. */
function blobs(group: Group, now: number, put: Put): string[] {
  const all = [...group.blobs.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
  const contents = all.map((blob) => blob.content())
  const columns = [
    put('text[]', texts(all.map(({ id }) => id))),
    put('text[]', texts(all.map(({ kind }) => kind))),
    put('text[]', texts(contents.map((content) => (typeof content === 'string' ? content : null)))),
    put('bytea[]', byteas(contents.map((content) => (typeof content === 'string' ? null : content)))),
  ]
  return [
    `blobs_put AS (
      INSERT INTO blobs (id, kind, put_at, json, bytes)
      SELECT id, kind, ${put('bigint', Math.floor(now))}, json, bytes
      FROM unnest(${columns.join(', ')}) AS b (id, kind, json, bytes)
      ON CONFLICT (id) DO UPDATE SET put_at = excluded.put_at, ${FILLED}
        WHERE blobs.put_at < excluded.put_at - ${TOUCH_MS} OR NOT blobs.is_there)`,
  ]
}

function factsOf(row: GroupRun['row']): string {
  // The flow has a column of its own.
  const { flow: _, ...facts } = rowFacts(row)
  return JSON.stringify(facts)
}

function whole(time: number | null | undefined): number | null {
  return time === null || time === undefined ? null : Math.floor(time)
}
