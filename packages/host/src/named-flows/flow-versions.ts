// Named flows in a store: each name has versions, and at most one of them is published. Compiles nothing.
//
// 1. The head of a flow (its newest and its published version) is one record: whoever changes it has seen what is there.
// 2. A version that is about to be replaced as the newest is put aside before the head changes: a crash in between leaves it
//    in both places, which is the same.
// 3. What a name had before it was removed is not among the versions of a later flow of that name.

import { randomBytes } from 'node:crypto'
import { type Clock, contentId, FlowError, type Json, type Store, suggest } from '@stepflow/engine'
import { changeRecord, everyRecord } from '../records.ts'
import { checkFlowName } from './flow-names.ts'

export interface FlowVersion {
  /** From 1. */
  readonly version: number
  /** The id of the blob that holds the flow as JSON. */
  readonly flowId: string
  /** The id of the blob that holds its text. */
  readonly textId: string
  readonly createdAt: number
  /** The name of the token of whoever saved it. */
  readonly by?: string
}

export interface NamedFlow {
  readonly name: string
  readonly newest: FlowVersion
  readonly published?: FlowVersion
  /** Below the folder of flows, if it comes from there. */
  readonly file?: string
  readonly updatedAt: number
}

export interface SaveFlow {
  readonly name: string
  readonly flow: Json
  readonly text: string
  /** `by the flow`: another text of the same flow is no other version. */
  readonly compare: 'by the text' | 'by the flow'
  /** What its writer takes for the newest; 0: there is none. */
  readonly base?: number | undefined
  readonly by?: string | undefined
  /** The file that it comes from: then it is published. */
  readonly file?: string | undefined
}

/** The head as its record has it. */
interface Head extends Omit<NamedFlow, 'name'> {
  /** Which life of the name this is. */
  readonly life: string
  /** Its file is gone, and so is the flow, until the file is there again. */
  readonly isGone?: true
}

export class FlowVersions {
  readonly #store: Pick<Store, 'records' | 'blobs'>
  readonly #clock: Clock

  constructor(store: Pick<Store, 'records' | 'blobs'>, clock: Clock) {
    this.#store = store
    this.#clock = clock
  }

  async list(): Promise<NamedFlow[]> {
    const flows: NamedFlow[] = []
    for await (const { key, value } of everyRecord(this.#store.records, FLOWS)) {
      const head = value as unknown as Head // written here
      if (!head.isGone) flows.push(flowOf(key, head))
    }
    return flows
  }

  async get(name: string): Promise<NamedFlow | undefined> {
    const head = await this.#head(name)
    return head && !head.isGone ? flowOf(name, head) : undefined
  }

  /** Throws CONFLICT if `base` is not the newest. The same as the newest again is no new version. */
  async save(given: SaveFlow): Promise<{ readonly flow: NamedFlow; readonly isNew: boolean }> {
    const { name, base, by, file, compare } = given
    checkFlowName(name)
    const textId = contentId(given.text)
    const unchanged = await this.get(name)
    // A server that starts finds most files as they were.
    if (
      file !== undefined &&
      base === undefined &&
      unchanged?.file === file &&
      unchanged.published?.textId === textId
    ) {
      return { flow: unchanged, isNew: false }
    }
    const flowId = contentId(given.flow)
    await this.#store.blobs.put(given.flow)
    await this.#store.blobs.put(given.text)
    let isNew = false
    const head = await changeRecord<Head>(this.#store.records, FLOWS, name, async (found) => {
      // The versions of a flow whose file comes back go on; whoever saves one anew begins anew.
      const there = found?.isGone && file === undefined ? undefined : found
      const seen = there && !there.isGone ? there.newest : undefined
      if (base !== undefined && base !== (seen?.version ?? 0)) throw notNewest(name, base, seen)
      const now = this.#clock.now()
      isNew = false
      // The file holds an earlier version: that was published, and written to it.
      if (there?.published && file !== undefined && there.published.textId === textId) {
        return there.file === file ? undefined : { ...there, file, updatedAt: now }
      }
      const isSame = there?.newest.textId === textId || (compare === 'by the flow' && there?.newest.flowId === flowId)
      if (there && isSame && file === undefined) return undefined
      isNew = !isSame
      const author = by === undefined ? {} : { by }
      const version = (there?.newest.version ?? 0) + 1
      const newest = there && isSame ? there.newest : { version, flowId, textId, createdAt: now, ...author }
      if (there && !isSame) await this.#putAside(name, there)
      const { isGone: _, ...kept } = there ?? { life: randomBytes(6).toString('hex') }
      return { ...kept, newest, updatedAt: now, ...(file === undefined ? {} : { file, published: newest }) }
    })
    return { flow: flowOf(name, head as Head), isNew } // it has just been written
  }

  /** Throws CONFLICT if `base` is given and is not the newest; 0: there is none. */
  async checkBase(name: string, base: number | undefined): Promise<void> {
    if (base === undefined) return
    const newest = (await this.get(name))?.newest
    if (base !== (newest?.version ?? 0)) throw notNewest(name, base, newest)
  }

  /** The newest unless told. Throws NOT_FOUND. */
  async publish(name: string, version?: number): Promise<NamedFlow> {
    const head = await changeRecord<Head>(this.#store.records, FLOWS, name, async (there) => {
      if (!there || there.isGone) throw await this.unknown(name)
      const published = version === undefined ? there.newest : await this.#versionOf(name, there, version)
      if (there.published?.version === published.version) return undefined
      return { ...there, published, updatedAt: this.#clock.now() }
    })
    return flowOf(name, head as Head) // it has just been written
  }

  /** Removes the name and all its versions. Throws NOT_FOUND. */
  async remove(name: string): Promise<void> {
    let life: string | undefined
    await changeRecord<Head>(this.#store.records, FLOWS, name, async (there) => {
      if (!there || there.isGone) throw await this.unknown(name)
      life = there.life
      return null
    })
    if (life !== undefined) await this.#removeAside(asideOf(name, life))
  }

  /** The file is not there any more: nor is the flow. Its versions stay, for a file may come back. */
  async fileGone(name: string, file: string): Promise<void> {
    await changeRecord<Head>(this.#store.records, FLOWS, name, (there) => {
      if (!there || there.isGone || there.file !== file) return undefined
      const { published: _, ...rest } = there
      return { ...rest, isGone: true, updatedAt: this.#clock.now() }
    })
  }

  /** Newest first. Throws NOT_FOUND. */
  async versions(name: string): Promise<FlowVersion[]> {
    const head = await this.#head(name)
    if (!head || head.isGone) throw await this.unknown(name)
    const found = [head.newest]
    for await (const { value } of everyRecord(this.#store.records, asideOf(name, head.life))) {
      const one = value as unknown as FlowVersion // written here
      if (one.version < head.newest.version) found.push(one)
    }
    return found.sort((a, b) => b.version - a.version)
  }

  /** Throws NOT_FOUND. */
  async version(name: string, version: number): Promise<FlowVersion> {
    const head = await this.#head(name)
    if (!head || head.isGone) throw await this.unknown(name)
    return this.#versionOf(name, head, version)
  }

  async textOf({ textId }: Pick<FlowVersion, 'textId'>): Promise<string> {
    return (await this.#store.blobs.get(textId)) as string // a text was put
  }

  /** NOT_FOUND, with a name that is most like it. `others`: of flows that have no versions. */
  async unknown(name: string, others: readonly string[] = []): Promise<FlowError> {
    const names = (await this.list()).map((flow) => flow.name)
    const near = suggest(name, [...names, ...others])
    return new FlowError('NOT_FOUND', `there is no flow "${name}"${near ? `; did you mean "${near}"?` : ''}`)
  }

  async #head(name: string): Promise<Head | undefined> {
    return (await this.#store.records.get(FLOWS, name))?.value as Head | undefined // written here
  }

  async #versionOf(name: string, head: Head, version: number): Promise<FlowVersion> {
    if (version === head.newest.version) return head.newest
    const record = await this.#store.records.get(asideOf(name, head.life), keyOf(version))
    if (record) return record.value as unknown as FlowVersion // written here
    const there = `the newest is ${head.newest.version}`
    throw new FlowError('NOT_FOUND', `the flow "${name}" has no version ${version}; ${there}`)
  }

  /** All who put it aside put the same. */
  async #putAside(name: string, { life, newest }: Head): Promise<void> {
    const key = keyOf(newest.version)
    await changeRecord<FlowVersion>(this.#store.records, asideOf(name, life), key, (there) =>
      there ? undefined : newest,
    )
  }

  async #removeAside(collection: string): Promise<void> {
    for await (const { key } of everyRecord(this.#store.records, collection)) {
      await changeRecord(this.#store.records, collection, key, () => null)
    }
  }
}

// ---

const FLOWS = 'flows'

/** Where the versions are that are not the newest. */
function asideOf(name: string, life: string): string {
  return `flow-versions ${life} ${name}`
}

/** So that the order of keys is that of versions. */
function keyOf(version: number): string {
  return String(version).padStart(9, '0')
}

function flowOf(name: string, { life: _, isGone: __, ...head }: Head): NamedFlow {
  return { name, ...head }
}

function notNewest(name: string, base: number, newest: FlowVersion | undefined): FlowError {
  const by = newest?.by === undefined ? '' : ` by ${newest.by}`
  const now = newest ? `its newest version is ${newest.version}${by}` : 'it is not there'
  const message = `the flow "${name}" is not as it was read (version ${base}): ${now}`
  return new FlowError('CONFLICT', message, { data: { newest: newest?.version ?? 0 } })
}
