// What to run: the one compiled form of every front end. Pure JSON; its id is the hash of its text (plan/id.ts).
//
// Words: a Plan has Steps; a Step's input is an Expr; a Ref is an Expr that reads a step; a Transition activates another
// step after an outcome. Two ways to move: pull (a wanted step demands the steps it reads; entry = exit) and push (a
// settled step activates the target of its first matching transition).

import type { Json } from '../json.ts'
import type { Expr } from './expr.ts'

/** What every workflow is compiled to, whoever wrote it: steps, and where their data comes from. */
export interface Plan {
  readonly name: string
  readonly steps: readonly PlanStep[]
  /** The step activated first. */
  readonly entry: number
  /** The step whose outcome is the item's outcome. */
  readonly exit: number
  /** An unhandled failure ends the item now (`stop`), or after what is independent of it (`drain`). */
  readonly onFailure: 'stop' | 'drain'
  /** Of an item, from its start; milliseconds. */
  readonly timeoutMs?: number
  /** Steps of an item that may run at once. */
  readonly maxConcurrent?: number
  /** JSON Schemas, checked and defaulted before the first step; properties with `is_secret` are redacted. */
  readonly schemas?: { readonly input?: Json; readonly variables?: Json }
  /** The source file, as the user named it. */
  readonly file?: string
}

/** A step of a plan; it is named by its number elsewhere. */
export interface PlanStep {
  readonly id: string
  /** A component's path; null: the input is the result. */
  readonly component: string | null
  /** What the author calls it, where that is not its path; drawings show it. */
  readonly calledAs?: string
  /** May evaluate to a skip. */
  readonly input: Expr
  /** Demanded at once and ended before the input is taken; order only. */
  readonly needs?: readonly number[]
  readonly retry?: Retry
  /** Of an attempt; milliseconds. */
  readonly timeoutMs?: number
  readonly cache?: { readonly ttlMs?: number; readonly key?: Expr }
  /** A value or a skip in place of a failure, whatever failed; may read `error`. */
  readonly fallback?: Expr
  /** A failure here counts as handled once one of these steps runs. */
  readonly handlers?: readonly number[]
  /** Under `stop`, runs even after the failure if it depends, directly or not, on what failed. */
  readonly cleanup?: boolean
  /** Activations in one item before the step fails; 10,000 if absent. */
  readonly maxVisits?: number
  /** First match wins. */
  readonly next?: readonly Transition[]
  /** Made by a compiler, not by an author: left out of rows and drawings. */
  readonly hidden?: boolean
  readonly origin?: Origin
}

/** The author's name for a step. What a compiler added is part of one (`A#branch` of `A`), or of none (`$input`). */
export function authorsId({ id, hidden }: PlanStep): string | undefined {
  if (!hidden) return id
  return id.startsWith('$') ? undefined : id.replace(/#[^#]*$/, '')
}

/** Where a step leads. */
export interface Transition {
  readonly on: 'done' | 'failed'
  /** Taken only if the result equals this value. */
  readonly equals?: Json
  readonly to: number
  /** Hand on what I received, not what I made. */
  readonly pass?: boolean
  /** What a drawing writes on it. */
  readonly label?: string
}

/** How often a step is tried, and the delays between the attempts. */
export interface Retry {
  /** In all, the first included. */
  readonly attempts: number
  /** Error codes and HTTP statuses (as text) that are retried; absent: those whose class allows it. */
  readonly on?: readonly string[]
  readonly delayMs: number
  readonly backoff: 'fixed' | 'exponential' | 'fibonacci'
  readonly factor: number
  readonly maxMs: number
  readonly jitter: boolean
}

/** Where a step stands in its source; both from 1. */
export interface Origin {
  readonly line: number
  readonly column: number
}
