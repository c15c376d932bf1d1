// The workers that are connected, what components each has, and who is best for a task. Knows no task but by their number.

import { randomUUID } from 'node:crypto'
import type { Clock, ComponentInfo } from '@stepflow/engine'
import { ComponentPaths, type Found, type ListedComponent } from './component-paths.ts'

/** A worker that asks for tasks. */
export interface Worker {
  readonly id: string
  /** Gives it a task: `list_components`, or `execute` with what it calls the component. */
  give(taskId: string, task: { readonly found: Found; readonly said: object } | 'list'): void
}

export interface Member<Task> {
  /** The task that asks what it has. */
  readonly list: string
  /** Undefined: it has not said so yet. */
  paths: ComponentPaths | undefined
  readonly tasks: Set<Task>
  /** When it came, or last claimed a task. */
  tookAt: number
}

export interface Chosen<Task> {
  readonly worker: Worker
  readonly member: Member<Task>
  readonly found: Found
  readonly weight: number
}

export class Workers<Task> {
  readonly #clock: Clock
  /** In the order in which they came. */
  readonly #members = new Map<Worker, Member<Task>>()
  /** What workers had that are gone, and may come again. */
  readonly #former: ComponentPaths[] = []

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get isEmpty(): boolean {
    return this.#members.size === 0
  }

  /** Has one of them said what it has? */
  get isReady(): boolean {
    for (const { paths } of this.#members.values()) if (paths) return true
    return false
  }

  /** Of all of them; the first one that has a path describes it. */
  get components(): readonly ComponentInfo[] {
    const infos = new Map<string, ComponentInfo>()
    for (const { paths } of this.#members.values()) {
      for (const info of paths?.infos ?? []) if (!infos.has(info.name)) infos.set(info.name, info)
    }
    return [...infos.values()]
  }

  /** It is asked what it has. */
  add(worker: Worker): void {
    const list = randomUUID()
    this.#members.set(worker, { list, paths: undefined, tasks: new Set(), tookAt: this.#clock.now() })
    worker.give(list, 'list')
  }

  remove(worker: Worker): Member<Task> | undefined {
    const member = this.#members.get(worker)
    this.#members.delete(worker)
    if (member?.paths && this.#former.push(member.paths) > KEPT_LISTS) this.#former.shift()
    return member
  }

  of(worker: Worker | undefined): Member<Task> | undefined {
    return worker && this.#members.get(worker)
  }

  /** One has said what it has; false if none was asked by that task. */
  list(taskId: string, listed: readonly ListedComponent[]): boolean {
    for (const member of this.#members.values()) {
      if (member.list !== taskId || member.paths) continue
      member.paths = new ComponentPaths(listed)
      return true
    }
    return false
  }

  /** Who has listed it comes before who may have it, and then who has the fewest tasks. */
  choose(component: string): Chosen<Task> | undefined {
    let best: Chosen<Task> | undefined
    for (const [worker, member] of this.#members) {
      const found = member.paths?.find(component)
      if (!found) continue
      const weight = member.tasks.size + (found.isGuess ? GUESSED : 0)
      if (!best || weight < best.weight) best = { worker, member, found, weight }
    }
    return best
  }

  /** Had it one that is gone? */
  hadOnce(component: string): boolean {
    return this.#former.some((paths) => paths.find(component)?.isGuess === false)
  }
}

// ---

/** More tasks than anybody has. */
const GUESSED = 1_000_000
const KEPT_LISTS = 20
