// Which version is edited, and what becomes of the text: kept here each second, saved, published. What others do to the flow
// meanwhile: a text that nobody touched here follows, one that somebody did asks.

import type { FlowDetail } from '@stepflow/api'
import { withLf, withLineEndsOf } from '@stepflow/dialects'
import { FlowError, type Json } from '@stepflow/engine'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { client } from '../../api/client.ts'
import { queries, queryClient } from '../../api/queries.ts'
import { exactNow } from '../../parts/ticks.ts'
import { attempt, say } from '../../parts/toasts.tsx'
import { type Draft, draftNameOf, dropDraft, keepDraft } from './draft.ts'

export interface Saving {
  /** The version that is edited; 0: there is none. */
  readonly base: number
  readonly isChanged: boolean
  /** When what is typed was kept in this browser last. */
  readonly keptAt: number | undefined
  /** A newer version, over which nothing is saved unasked. */
  readonly newer: FlowDetail | undefined
  /** The highest one. */
  readonly newest: number | undefined
  /** False: it could not be, and why is said. */
  readonly save: (as: string, over?: number) => Promise<boolean>
  readonly publish: () => void
  /** In place of what was typed here. */
  readonly take: (theirs: FlowDetail) => void
}

export interface SavingOptions {
  /** Undefined: of a new one. */
  readonly name: string | undefined
  readonly flow: FlowDetail | undefined
  readonly text: string
  readonly saved: string
  readonly pins: ReadonlyMap<string, Json>
  /** What was kept here before. */
  readonly draft: Draft | undefined
  readonly onText: (text: string) => void
  /** Undefined: somebody has deleted it. */
  readonly onConflict: (theirs: FlowDetail | undefined) => void
}

export function useSaving(options: SavingOptions): Saving {
  const { name, flow, text, saved, pins, draft, onText, onConflict } = options
  const draftName = draftNameOf(name)
  const [base, setBase] = useState((draft?.text === undefined ? flow?.version : draft.base) ?? 0)
  const [savedText, setSavedText] = useState(name === undefined ? '' : saved)
  const [keptAt, setKeptAt] = useState(draft?.at)
  const { data: versions } = useQuery({ ...queries.versions(name ?? ''), enabled: name !== undefined })
  const isChanged = text !== savedText
  const isKept = isChanged || pins.size > 0
  const newer = flow !== undefined && flow.version > base ? flow : undefined
  const navigate = useNavigate()

  useEffect(() => {
    if (!isKept) return dropDraft(draftName)
    const kept = {
      base,
      at: exactNow(),
      ...(isChanged ? { text } : {}),
      ...(pins.size > 0 ? { pins: Object.fromEntries(pins) } : {}),
    }
    const timer = setTimeout(() => {
      keepDraft(draftName, kept)
      setKeptAt(kept.at)
    }, 1_000)
    return () => clearTimeout(timer)
  }, [text, base, pins, isChanged, isKept, draftName])

  const take = (theirs: FlowDetail) => {
    setBase(theirs.version)
    setSavedText(withLf(theirs.text))
    onText(withLf(theirs.text))
  }
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each that comes
  useEffect(() => {
    if (!newer || isChanged) return
    take(newer)
    say(`Saved elsewhere: this is v${newer.version}`)
  }, [newer])

  const save = async (as: string, over = base) => {
    const isOther = as !== name
    try {
      // The editor knows one line end; the lines of the flow keep their own.
      const next = await client.saveFlow(as, {
        text: withLineEndsOf(flow?.text ?? '', text),
        base: isOther ? 0 : over,
      })
      queryClient.setQueryData(['flow', as], next)
      await queryClient.invalidateQueries({ queryKey: isOther ? ['flows'] : ['flow', as, 'versions'] })
      say(
        next.publishedVersion === next.version
          ? `Saved and published as v${next.version}`
          : `Saved as v${next.version}`,
      )
      if (isOther) {
        dropDraft(draftName)
        await navigate({ to: '/flows/$name/edit', params: { name: as } })
      } else {
        setBase(next.version)
        setSavedText(text)
      }
      return true
    } catch (error) {
      if (!FlowError.is(error) || error.code !== 'CONFLICT') say((error as Error).message, { isFault: true })
      else if (isOther) say(`There is a flow "${as}" already: give this one another name`, { isFault: true })
      else await attempt(async () => onConflict(await client.getFlow(as).catch(ifThere)))
      return false
    }
  }
  const publish = () => {
    if (name === undefined) return
    void attempt(async () => {
      const next = await client.publishFlow(name)
      queryClient.setQueryData(['flow', name], next)
      await queryClient.invalidateQueries({ queryKey: ['flows'] })
      say(`Version ${next.version} is published`)
    })
  }
  return {
    base,
    isChanged,
    keptAt,
    newer,
    newest: versions?.versions[0]?.version ?? flow?.version,
    save,
    publish,
    take,
  }
}

// ---

function ifThere(error: unknown): undefined {
  if (!FlowError.is(error) || error.code !== 'NOT_FOUND') throw error
}
