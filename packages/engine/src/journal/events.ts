// What is written: the ten events. A journal row is a turn, the entries of one append.

import type { ErrorValue } from '../errors.ts'
import type { Json } from '../json.ts'
import type { Plan } from '../plan/plan.ts'
import type { Outcome } from '../run/outcome.ts'

/** Names a run. */
export type RunId = string
/** `RUN/0` is the run itself, `RUN/1`... its shards. */
export type JournalId = string

/** Names a visit: of the run itself (`sub` absent) or of a sub-run inside it. */
export interface VisitRef {
  /** The sub-run's key: its parent's `item/step/visit`, prefixed by the parent's own key. */
  readonly sub?: string
  readonly item: number
  readonly step: number
  readonly visit: number
}

/** Something that happened in a run; the run is what follows from them. */
export type JournalEntry =
  /** The first entry of a journal: of a run (`plan`), of a shard (`from`). */
  | {
      readonly type: 'created'
      readonly at: number
      readonly run: RunId
      readonly plan?: Plan
      readonly options?: RunOptions
      /** The items of this journal: their first number and their inputs. */
      readonly from: number
      readonly inputs: readonly unknown[]
      /** Of a limited run that several processes drive. */
      readonly share?: Share
    }
  /**
   * No more items will come; `items` is their number. `error`: because their source failed, and with it the run does. In
   * `RUN/0` only.
   */
  | { readonly type: 'sealed'; readonly at: number; readonly items: number; readonly error?: ErrorValue }
  /** A driver takes the journal. `mark`: which of all that the process has had, so that it knows its own row again. */
  | {
      readonly type: 'claimed'
      readonly at: number
      readonly driver: string
      readonly mark?: string
      /** What people call the driver's process. */
      readonly node?: string
    }
  /**
   * An attempt was handed to a component; written only where a repetition could be noticed. `woken`: again, what it was put
   * aside for being here; who takes the journal up finds that out anew. `queued`: it has waited for its plugin for some time, and
   * has not begun; without it follows when it has.
   */
  | ({
      readonly type: 'started'
      readonly at: number
      readonly attempt: number
      readonly woken?: true
      readonly queued?: true
    } & VisitRef)
  | ({
      readonly type: 'parked'
      readonly at: number
      readonly attempt: number
      readonly until?: number
      readonly signal?: string
      /** What the component keeps across the wait. */
      readonly state?: unknown
      /** Waits to be tried again: the failures so far, by budget. */
      readonly retry?: { readonly step: number; readonly transport: number }
      /** With `retry`: what the attempt before this one failed with. */
      readonly error?: ErrorValue
      /** With `signal`: what whoever sends it is asked. */
      readonly form?: WaitForm
      /** Waits for its turn, which is this: nothing has been asked yet. */
      readonly turn?: unknown
      /** The number of a signal that it used up, and refused. */
      readonly took?: number
    } & VisitRef)
  /** `derived`: follows from other entries; recovery derives it again. */
  | ({
      readonly type: 'settled'
      readonly at: number
      readonly attempt: number
      readonly outcome: Outcome
      readonly derived?: true
      /** The number of the signal that it used up. */
      readonly took?: number
      /** Taken over from the run that this one repeats, with the time that it had there. */
      readonly carried?: true
      /** The output of an earlier call, which was kept: nothing was called. */
      readonly cached?: true
      /** The failure in whose place a fallback put this success or skip. */
      readonly recovered?: ErrorValue
      /** Elements of it that failed, without which it ended well. */
      readonly lost?: number
      /** A success that later calls with the same key may use, until then (epoch milliseconds). */
      readonly cache?: { readonly key: string; readonly until?: number }
    } & VisitRef)
  /**
   * A step began to run a plan inside it, over so many elements. `byStep`: each element has one step, and ends as that does.
   * `plan`: if it came from a file, which may be another by the time that somebody looks. `secrets`: what that plan marks as
   * secret in what it is given; the steps around it have it too. For whoever shows the run; recovery
   * finds it out anew.
   */
  | ({
      readonly type: 'opened'
      readonly at: number
      readonly attempt: number
      readonly elements: number
      readonly byStep?: true
      readonly plan?: Plan
      readonly secrets?: readonly unknown[]
    } & VisitRef)
  /** An element ended, and no entry of a step says so. `sub` is the sub-run's key. */
  | {
      readonly type: 'closed'
      readonly at: number
      readonly sub: string
      readonly item: number
      readonly outcome: Outcome['outcome']
    }
  /** `to`: all items from `item` to that one ended so, none of which had begun. */
  | {
      readonly type: 'finished'
      readonly at: number
      readonly item: number
      readonly to?: number
      readonly outcome: Outcome
      /** Taken over from the run that this one repeats, with the time that it had there. */
      readonly carried?: true
    }
  | {
      readonly type: 'signalled'
      readonly at: number
      readonly name: 'cancel' | 'pause' | 'resume' | 'signal'
      readonly signal?: string
      readonly id?: string
      readonly payload?: unknown
      readonly item?: number
      /** Who has sent it. */
      readonly by?: string
      /** For one wait only, by its visit: see `visitPath`. */
      readonly wait?: string
    }
  /** The source of the inputs failed: so many came, and the run is not over. In `RUN/0` only. */
  | { readonly type: 'broken'; readonly at: number; readonly items: number; readonly error: ErrorValue }

/** What a wait says of itself to whoever may end it; when it ends by itself is its `until`. */
export interface WaitForm {
  readonly title?: string
  readonly description?: string
  /** What may be sent. */
  readonly schema?: Json
  /** The output if nobody sends anything in time. */
  readonly default?: Json
}

/**
 * Of the items of a run that may be in flight: so many in this journal, as one of so many journals that are driven at once.
 * `more`: of the places of these journals, so many of the first have room for one item more.
 */
export interface Share {
  readonly items: number
  readonly of: number
  readonly more?: number
}

/** What can start a run. */
export const TRIGGER_TYPES = ['api', 'cli', 'schedule', 'webhook', 'mcp', 'component'] as const
/** What has started a run. */
export type TriggerType = (typeof TRIGGER_TYPES)[number]

export interface RunOptions {
  readonly flow?: string
  /** The id of the flow as JSON, and of its text and the overrides as blobs; which version of the flow it is. */
  readonly flowId?: string
  readonly flowVersion?: number
  readonly textId?: string
  readonly overridesId?: string
  /** `test`: tried out; lists leave it out unless they are asked for it. */
  readonly kind?: 'run' | 'test'
  /** Steps that were not run, and what stood in for each. */
  readonly pins?: Readonly<Record<string, Json>>
  /**
   * What is secret in the runs from which this one has values: by their schemas, which are not its own. Kept beside those
   * values, and shown to nobody.
   */
  readonly secrets?: readonly unknown[]
  /** The key of the request that began the run, and the hash of what it asked for. */
  readonly request?: { readonly key: string; readonly hash: string }
  /** Items in flight at once. */
  readonly maxConcurrent?: number
  readonly variables?: Readonly<Record<string, unknown>>
  readonly labels?: Readonly<Record<string, string>>
  /** The run that this one repeats, and from where. */
  readonly origin?: { readonly runId: RunId; readonly from?: string; readonly failed?: true }
  /** What started it. */
  readonly trigger?: {
    readonly type: TriggerType
    readonly [detail: string]: string
  }
}

/** How a visit is named in one word: `item/step/visit`, below those of the runs around it. */
export function visitPath({ sub, item, step, visit }: VisitRef): string {
  const own = `${item}/${step}/${visit}`
  return sub === undefined ? own : `${sub}/${own}`
}

/** The visit that a path names, or the key of a run inside it: `.2` behind that counts the runs of one visit. */
export function visitOfPath(path: string): VisitRef {
  const parts = path.split('/')
  const [item, step, visit] = parts.slice(-3) as [string, string, string]
  const sub = parts.slice(0, -3).join('/')
  const own = { item: Number(item), step: Number(step), visit: Number.parseInt(visit, 10) }
  return sub === '' ? own : { sub, ...own }
}

/** Does the entry say how the item ended? */
export function saysEndOf(entry: JournalEntry, item: number): boolean {
  return entry.type === 'finished' && item >= entry.item && item <= (entry.to ?? entry.item)
}

/** How many items the entry says the end of. */
export function itemsEnded({ item, to = item }: Extract<JournalEntry, { type: 'finished' }>): number {
  return to - item + 1
}

/** What the runs inside an item mark as secret, or inside all items of these rows. */
export function secretsInside(entries: readonly JournalEntry[]): readonly unknown[] {
  return entries.flatMap((entry) => (entry.type === 'opened' ? (entry.secrets ?? []) : []))
}
