// The `triggers` of a flow: what starts it where a server has it. Read and checked here, where the line is known; served
// elsewhere. Whether a cron expression can be read is not known here.

import type { Json } from '@stepflow/engine'
import { type Field, FieldReader } from '../fields.ts'
import { below, type Findings, lineOf, type Place, type Trail } from '../findings.ts'
import { type KeyTable, keyTable, readKeys } from '../keys.ts'
import { type Entry, isNull, kindOfNode, type MapNode, type Node, shownNode, textOf, toJson } from '../source/node.ts'
import { checkTriggerInput } from './trigger-input.ts'

export type Trigger = ScheduleTrigger | WebhookTrigger | McpTrigger

/** Where a trigger stands. */
interface Standing {
  /** In the list, with those in it that are wrong. */
  readonly index: number
  readonly origin: Place
}

export interface ScheduleTrigger extends Standing {
  readonly type: 'schedule'
  /** As it was written. */
  readonly cron: string
  readonly timezone?: string
  /** With templates, which see `trigger`. */
  readonly input?: Json
  readonly overlap?: Overlap
  /** How many of the times that were missed are made up for: the newest. */
  readonly catchUp?: number
  /** As it was written. */
  readonly jitter?: string | number
}

/** While the run before has not ended: leave the time out, let it wait, or begin at once. */
export type Overlap = 'skip' | 'queue' | 'allow'

export interface WebhookTrigger extends Standing {
  readonly type: 'webhook'
  readonly name: string
  /** The name of the secret that deliveries are signed with. */
  readonly secret: string
  /** Absent: our own. */
  readonly signature?: 'github' | 'stripe' | 'standard'
  /** With templates, which see `trigger`. */
  readonly input?: Json
}

export interface McpTrigger extends Standing {
  readonly type: 'mcp'
  readonly name: string
}

export function readTriggers(field: Field | undefined, findings: Findings): readonly Trigger[] {
  if (!field || isNull(field.node)) return []
  const { node, trail } = field
  if (node.kind !== 'list') {
    const hint = 'write a list: [{ schedule: "0 9 * * *" }]'
    findings.error('INVALID_VALUE', `"triggers" must be a list, not ${kindOfNode(node)}`, node, trail, hint)
    return []
  }
  const read = node.items.map((item, i) => readTrigger(item, i, below(trail, i), findings))
  tellSeconds(read, trail, findings)
  return read.flatMap((trigger) => trigger ?? [])
}

// ---

const KINDS = ['schedule', 'webhook', 'mcp'] as const
type Kind = (typeof KINDS)[number]

const KEYS: Readonly<Record<Kind, KeyTable>> = {
  schedule: keyTable({ schedule: [], timezone: [], input: [], overlap: [], catch_up: [], jitter: [] }),
  webhook: keyTable({ webhook: [], secret: [], signature: [], input: [] }),
  mcp: keyTable({ mcp: [] }),
}
const ALL_KEYS: KeyTable = new Map(KINDS.flatMap((kind) => [...KEYS[kind]]))

const OVERLAPS = { skip: 'skip', queue: 'queue', allow: 'allow' } as const
const SIGNATURES = { github: 'github', stripe: 'stripe', standard: 'standard' } as const

/** What clients take for the name of a tool, and what needs no escape in an address. */
const NAME = /^[A-Za-z0-9_.-]{1,128}$/
const NAME_HINT = 'use letters, digits, _, - and ., at most 128 of them'
/** What the MCP server of Stepflow has for itself. */
const OWN_TOOLS: ReadonlySet<string> = new Set([
  'stepflow_list_flows',
  'stepflow_list_runs',
  'stepflow_run_flow',
  'stepflow_get_run',
  'stepflow_rerun',
])
/** As secrets can be called. */
const SECRET = /^[A-Za-z_][\w.-]{0,127}$/
/** A day of minutes is enough to be made up for. */
const MOST_CATCH_UP = 1000

interface Reading {
  readonly fields: FieldReader
  readonly node: MapNode
  readonly index: number
  readonly trail: Trail
  readonly owner: string
  readonly findings: Findings
}

function readTrigger(node: Node, index: number, trail: Trail, findings: Findings): Trigger | undefined {
  const owner = `triggers[${index}]`
  if (node.kind !== 'map') {
    findings.error('INVALID_VALUE', `${owner} must be an object, not ${kindOfNode(node)}`, node, trail)
    return undefined
  }
  const entries = readKeys(node, ALL_KEYS, owner, findings, trail)
  const given = KINDS.filter((kind) => entries.has(kind))
  const [kind] = given
  if (!kind || given.length > 1) {
    const what = kind ? `has ${given.join(' and ')}` : 'says nothing that starts the flow'
    findings.error('INVALID_TRIGGER', `${owner} ${what}: it needs one of ${KINDS.join(', ')}`, node, trail)
    return undefined
  }
  tellForeign(kind, entries, { trail, owner, findings })
  const fields = new FieldReader(entries, findings, trail, owner)
  const reading: Reading = { fields, node, index, trail, owner, findings }
  switch (kind) {
    case 'schedule':
      return readSchedule(reading)
    case 'webhook':
      return readWebhook(reading)
    case 'mcp':
      return readMcp(reading)
  }
}

/** Keys of another kind of trigger, which would do nothing here. */
function tellForeign(
  kind: Kind,
  entries: ReadonlyMap<string, Entry>,
  { trail, owner, findings }: Pick<Reading, 'trail' | 'owner' | 'findings'>,
): void {
  const known = new Set(KEYS[kind].values())
  for (const [key, entry] of entries) {
    if (known.has(key)) continue
    const message = `"${entry.key}" of ${owner} has no meaning beside "${kind}"`
    findings.error('INVALID_TRIGGER', message, entry, below(trail, entry.key), `known keys: ${[...known].join(', ')}`)
  }
}

function readSchedule(reading: Reading): ScheduleTrigger | undefined {
  const { fields } = reading
  const cron = textIn('schedule', reading, 'five fields such as "0 9 * * 1-5", or six with seconds first')
  const timezone = isGiven('timezone', fields) ? textIn('timezone', reading, 'a name such as Europe/Berlin') : undefined
  const overlap = fields.choice('overlap', OVERLAPS)
  const catchUp = fields.number('catch_up', 0, true)
  if (catchUp !== undefined && catchUp > MOST_CATCH_UP) tellWrong('catch_up', `at most ${MOST_CATCH_UP}`, reading)
  const jitterMs = fields.durationMs('jitter')
  const jitter = fields.field('jitter')
  const input = inputIn(reading, ['time'])
  if (cron === undefined) return undefined
  return {
    type: 'schedule',
    cron,
    ...(timezone === undefined ? {} : { timezone }),
    ...input,
    ...(overlap === undefined ? {} : { overlap }),
    ...(catchUp === undefined ? {} : { catchUp }),
    ...(jitterMs === undefined || !jitter ? {} : { jitter: toJson(jitter.node) as string | number }), // it is a duration
    ...standingOf(reading),
  }
}

function readWebhook(reading: Reading): WebhookTrigger | undefined {
  const { fields, findings, node, owner, trail } = reading
  const name = nameIn('webhook', reading)
  const secret = textIn('secret', reading, 'the name of a secret', SECRET)
  if (!fields.field('secret')) {
    const hint = 'name the secret that deliveries are signed with, and set it: stepflow secrets set NAME'
    findings.error('INVALID_TRIGGER', `${owner} has a "webhook" and no "secret"`, node, trail, hint)
  }
  const signature = fields.choice('signature', SIGNATURES)
  const input = inputIn(reading, ['body', 'headers', 'query'])
  if (name === undefined || secret === undefined) return undefined
  const form = signature === undefined ? {} : { signature }
  return { type: 'webhook', name, secret, ...form, ...input, ...standingOf(reading) }
}

function readMcp(reading: Reading): McpTrigger | undefined {
  const name = nameIn('mcp', reading)
  if (name === undefined) return undefined
  if (!OWN_TOOLS.has(name)) return { type: 'mcp', name, ...standingOf(reading) }
  tellWrong('mcp', 'the name of a tool that the server does not have itself', reading, 'give it another name')
  return undefined
}

function nameIn(key: 'webhook' | 'mcp', reading: Reading): string | undefined {
  const what = key === 'mcp' ? 'the name of a tool' : 'a name, which ends the address /hooks/NAME'
  const name = textIn(key, reading, what, NAME, NAME_HINT)
  // An address would lose them.
  if (name !== '.' && name !== '..') return name
  tellWrong(key, what, reading, NAME_HINT)
  return undefined
}

/** A text that has to be one if the key is there. */
function textIn(key: string, reading: Reading, wanted: string, fits = /\S/, hint?: string): string | undefined {
  const { fields } = reading
  const field = fields.field(key)
  if (!field) return undefined
  const { node } = field
  // Digits without quotes are a number.
  const text = node.kind === 'scalar' && typeof node.value === 'number' ? String(node.value) : textOf(node)
  if (text !== undefined && fits.test(text)) return text
  tellWrong(key, wanted, reading, hint)
  return undefined
}

function inputIn({ fields, findings, owner }: Reading, known: readonly string[]): { readonly input?: Json } {
  const field = isGiven('input', fields) ? fields.field('input') : undefined
  if (!field) return {}
  checkTriggerInput(field, { owner, known, findings })
  return { input: toJson(field.node) }
}

/** A key without a value is as good as none. */
function isGiven(key: string, fields: FieldReader): boolean {
  const field = fields.field(key)
  return field !== undefined && !isNull(field.node)
}

function tellWrong(key: string, wanted: string, { fields, findings, owner }: Reading, hint?: string): void {
  const field = fields.field(key)
  if (!field) return
  const { node, trail } = field
  const message = `"${key}" of ${owner} must be ${wanted}, not ${shownNode(node)}`
  findings.error('INVALID_TRIGGER', message, node, trail, hint)
}

/** A name leads to one flow, and in it to one trigger. */
function tellSeconds(triggers: readonly (Trigger | undefined)[], trail: Trail, findings: Findings): void {
  const first = new Map<string, Place>()
  for (const trigger of triggers) {
    if (!trigger || trigger.type === 'schedule') continue
    const named = `${trigger.type} "${trigger.name}"`
    const before = first.get(named)
    if (!before) {
      first.set(named, trigger.origin)
      continue
    }
    const { index } = trigger
    const message = `triggers[${index}] is the ${named} once more, which is there already${lineOf(before)}`
    findings.error('INVALID_TRIGGER', message, trigger.origin, below(trail, index), 'give it another name')
  }
}

function standingOf({ index, node: { line, column } }: Reading): Standing {
  return { index, origin: { line, column } }
}
