// The steps of a run of one item, shown while a server drives it, and what it waits for. The result does not depend on it: what
// keeps it from being shown keeps nothing else.

import type { StepflowClient } from '@stepflow/api/client'
import type { JournalEntry } from '@stepflow/engine'
import type { Io } from '../command.ts'
import type { Messages } from '../messages.ts'
import { type RunDisplay, showRun } from '../progress/show-run.ts'
import { watchWaits } from '../progress/watch-waits.ts'
import { urlWords } from './open-client.ts'
import { planAt } from './remote-row.ts'

export interface ShowSteps {
  readonly client: StepflowClient
  readonly runId: string
  readonly io: Io
  readonly messages: Messages
  /** Whoever follows the run leaves it. */
  readonly signal: AbortSignal
}

export interface ShownSteps {
  /** Shows what is still on its way, draws the last picture, and lets go of the terminal. */
  end(): Promise<void>
}

export function showSteps({ client, runId, io, messages, signal }: ShowSteps): ShownSteps {
  const left = new AbortController()
  signal.addEventListener('abort', () => left.abort(), { once: true })
  let display: RunDisplay | undefined
  let isPast: NodeJS.Timeout | undefined
  const follow = async () => {
    const plan = await planAt(client, runId)
    const waits = watchWaits(plan, messages.hint, urlWords(client))
    display = showRun(plan, io, messages)
    for await (const { event, data } of client.getRunEvents(runId, { topics: ['entries'], signal: left.signal })) {
      if (event !== 'entries') continue
      const { entries } = data as { readonly entries: readonly JournalEntry[] } // without values, which are not shown
      display.see(entries)
      waits.see(entries)
      // What waited in the past is passed by first: only what waits then is news.
      isPast ??= setTimeout(() => waits.name(runId), PAST_MS)
    }
  }
  const following = follow().catch(() => {})
  return {
    async end() {
      const giveUp = setTimeout(() => left.abort(), LAST_MS)
      await following
      clearTimeout(giveUp)
      clearTimeout(isPast)
      display?.end()
    },
  }
}

// ---

/** The events of a run that has ended come to their end, soon. */
const LAST_MS = 2_000
/** What has happened comes at once. */
const PAST_MS = 250
