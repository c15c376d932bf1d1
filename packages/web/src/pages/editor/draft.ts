// What somebody typed and did not save, kept in this browser until it is saved.

import { isRecord, type Json } from '@stepflow/engine'

export interface Draft {
  /** Undefined: as it is saved, and only the pins are kept. */
  readonly text?: string
  /** The version that was edited. */
  readonly base: number
  readonly at: number
  /** Values that stand in for steps in runs here; as the server showed them, so without secrets. */
  readonly pins?: Readonly<Record<string, Json>>
}

const keyOf = (name: string) => `stepflow.draft.${name}`

/** What a new flow is kept under is no name of a flow. */
export function draftNameOf(flow: string | undefined): string {
  return flow ?? ' new'
}

export function readDraft(name: string): Draft | undefined {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(keyOf(name)) ?? 'null')
    const { text, base, at, pins } = (kept ?? {}) as Partial<Draft>
    if (typeof base !== 'number' || typeof at !== 'number') return undefined
    return { base, at, ...(typeof text === 'string' ? { text } : {}), ...(isRecord(pins) ? { pins } : {}) }
  } catch {
    return undefined
  }
}

export function keepDraft(name: string, draft: Draft): void {
  try {
    localStorage.setItem(keyOf(name), JSON.stringify(draft))
  } catch {
    // A browser that keeps nothing: what is typed is there as long as the page is.
  }
}

export function dropDraft(name: string): void {
  try {
    localStorage.removeItem(keyOf(name))
  } catch {
    // It was not kept.
  }
}
