// Which flow has the name of a webhook or of an MCP tool. A name leads to one flow: whoever publishes claims it first.
//
// 1. A name is a record of the store, so of two who claim it at the same time, on any servers, one gets it.
// 2. A flow has a name if its published version has a trigger of that name, and nobody had it before. The record of one that
//    has it no longer, or never came to publish, counts for nothing.
// 3. Between a claim and what it is made for, the record promises it, for a time that no publishing takes.

import { randomBytes } from 'node:crypto'
import type { Trigger } from '@stepflow/dialects'
import type { Clock, Diagnostic, Records } from '@stepflow/engine'
import { changeRecord } from '../records.ts'
import { triggerPlace } from '../trigger-place.ts'

export type NamedTrigger = Extract<Trigger, { readonly name: string }>

export interface TakenNamesOptions {
  readonly records: Records
  readonly clock: Clock
  /** The triggers of the published version; none if nothing is published. */
  readonly triggersOf: (flow: string) => Promise<readonly Trigger[]>
}

/** Names that a flow is about to have. */
export interface NameClaim {
  /** What others have: then nothing is claimed, and the flow must not be published. */
  readonly taken: readonly Diagnostic[]
  /** Called when it is published, or is not: what it has not come to have is free again. */
  settle(): Promise<void>
}

export const TRIGGER_NAME_TAKEN = 'TRIGGER_NAME_TAKEN'

export class TakenNames {
  readonly #options: TakenNamesOptions

  constructor(options: TakenNamesOptions) {
    this.#options = options
  }

  /** The flow that has a name. */
  async ownerOf(type: NamedTrigger['type'], name: string): Promise<string | undefined> {
    const record = await this.#options.records.get(NAMES, keyOf({ type, name }))
    const owner = record?.value as unknown as Owner | undefined // written here
    return owner && (await this.#hasIt(owner, keyOf({ type, name }))) ? owner.flow : undefined
  }

  /** What is wrong with the names of a flow, which need not be published. */
  async check(flow: string, triggers: readonly Trigger[], file?: string): Promise<Diagnostic[]> {
    const found: Diagnostic[] = []
    for (const trigger of named(triggers)) {
      const owner = await this.ownerOf(trigger.type, trigger.name)
      if (owner !== undefined && owner !== flow) found.push(taken(trigger, owner, file))
    }
    return found
  }

  /** For a flow that is to be published with these triggers. */
  async claim(flow: string, triggers: readonly Trigger[], file?: string): Promise<NameClaim> {
    const wanted = named(triggers)
    // Most flows have none.
    if (wanted.length === 0) return NOTHING_CLAIMED
    const { clock } = this.#options
    const mine = randomBytes(6).toString('hex')
    const found: Diagnostic[] = []
    for (const trigger of wanted) {
      const key = keyOf(trigger)
      const owner = await this.#change(key, async (there) => {
        if (there?.flow === flow && there.until === undefined) return undefined
        if (there && there.flow !== flow && (await this.#hasIt(there, key))) return undefined
        return { flow, claim: mine, until: clock.now() + PROMISED_MS }
      })
      if (owner && owner.flow !== flow) found.push(taken(trigger, owner.flow, file))
    }
    const settle = async () => {
      for (const trigger of wanted) await this.#settle(flow, keyOf(trigger), mine)
    }
    if (found.length > 0) await settle()
    return { taken: found, settle }
  }

  async #settle(flow: string, key: string, mine: string): Promise<void> {
    await this.#change(key, async (there) => {
      if (there && there.flow !== flow) return undefined
      if (await this.#isPublished(flow, key)) return there && there.until === undefined ? undefined : { flow }
      // Somebody else may be about to publish the same flow.
      return there?.claim === mine ? null : undefined
    })
  }

  async #hasIt({ flow, until }: Owner, key: string): Promise<boolean> {
    return (until !== undefined && until > this.#options.clock.now()) || this.#isPublished(flow, key)
  }

  async #isPublished(flow: string, key: string): Promise<boolean> {
    return named(await this.#options.triggersOf(flow)).some((trigger) => keyOf(trigger) === key)
  }

  #change(key: string, change: (there: Owner | undefined) => Promise<Owner | null | undefined>) {
    return changeRecord<Owner>(this.#options.records, NAMES, key, change)
  }
}

// ---

const NAMES = 'trigger-names'
const PROMISED_MS = 60_000
const NOTHING_CLAIMED: NameClaim = { taken: [], settle: async () => {} }

/** As the record of a name has it. */
interface Owner {
  readonly flow: string
  /** While it is only promised: by which claim, and until when. */
  readonly claim?: string
  readonly until?: number
}

function named(triggers: readonly Trigger[]): NamedTrigger[] {
  return triggers.filter((trigger) => trigger.type !== 'schedule')
}

function keyOf({ type, name }: Pick<NamedTrigger, 'type' | 'name'>): string {
  return `${type} ${name}`
}

function taken(trigger: NamedTrigger, owner: string, file: string | undefined): Diagnostic {
  const { type, name } = trigger
  const what = type === 'mcp' ? 'MCP tool' : 'webhook'
  return {
    code: TRIGGER_NAME_TAKEN,
    level: 'error',
    message: `the ${what} "${name}" is that of the flow "${owner}"`,
    ...triggerPlace(trigger, file),
    hint: 'give it another name, or take it out of that flow',
  }
}
