// All named flows of a server: those that came in by the API, and those of its folder. What routes, schedules, webhooks and
// tools ask for flows; it begins no run.

import type { WebhookTrigger } from '@stepflow/dialects'
import {
  bareId,
  type Clock,
  type Diagnostic,
  errorsOf,
  FlowError,
  type Json,
  type Log,
  own,
  type Store,
} from '@stepflow/engine'
import { refuseInvalid } from '../flows/refuse-invalid.ts'
import { checkFlowName, nameByFile } from './flow-names.ts'
import { type FlowVersion, FlowVersions, type NamedFlow } from './flow-versions.ts'
import { type FolderFlow, FolderFlows, type SaveText } from './folder-flows.ts'
import { KnownTexts } from './known-texts.ts'
import { type CompileText, ownName, type ReadFlow, readFlowText } from './read-flow.ts'
import { TakenNames } from './taken-names.ts'

export interface NamedFlowsOptions {
  readonly store: Pick<Store, 'records' | 'blobs' | 'capacity'>
  readonly compile: CompileText
  /** Absolute; absent: flows come in by the API alone. */
  readonly folder?: string | undefined
  readonly clock: Clock
  readonly log: Log
}

/** A flow that has a name, or one of its versions. */
export interface FoundFlow {
  readonly name?: string
  /** Absent: the flow has never been without errors, or is written in code. */
  readonly version?: FlowVersion
  readonly publishedVersion?: number
  /** Below the folder. */
  readonly file?: string
  readonly updatedAt?: number
  readonly read: ReadFlow
  /** Of the flow, and of its file. */
  readonly diagnostics: readonly Diagnostic[]
}

/** What a run is begun with. */
export interface RunnableFlow extends FoundFlow {
  /** Absent for a flow in code. */
  readonly flowId?: string
}

/** Which version of a flow. */
export type WhichVersion = number | 'published' | 'newest'

export class NamedFlows {
  readonly #compile: CompileText
  readonly #versions: FlowVersions
  readonly #folder: FolderFlows | undefined
  readonly #names: TakenNames
  readonly #store: Pick<Store, 'records' | 'blobs'>
  readonly #texts: KnownTexts
  readonly #listeners = new Set<() => void>()

  constructor({ store, compile, folder, clock, log }: NamedFlowsOptions) {
    this.#store = store
    this.#compile = compile
    this.#versions = new FlowVersions(store, clock)
    this.#texts = new KnownTexts({ blobs: store.blobs, versions: this.#versions, compile })
    const triggersOf = async (flow: string) => (await this.published(flow))?.info?.triggers ?? []
    this.#names = new TakenNames({ records: store.records, clock, triggersOf })
    const shared = {
      versions: this.#versions,
      compile,
      names: this.#names,
      clock,
      log,
      onRead: (path: string, read: ReadFlow) => this.#texts.keep(path, read),
      onChange: () => this.#changed(),
    }
    this.#folder =
      folder === undefined
        ? undefined
        : new FolderFlows({ root: folder, isShared: store.capacity !== undefined, ...shared })
  }

  /** Reads the folder. */
  async load(): Promise<void> {
    await this.#folder?.load()
  }

  /** Follows the folder, until it is stopped. */
  watch(): () => void {
    return this.#folder?.watch() ?? (() => {})
  }

  /** Calls `listener` when flows have changed, or may have; returns the way to stop it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Flows in code, which have functions of their own. */
  *inCode(): Iterable<ReadFlow> {
    for (const { read } of this.#folder?.all() ?? []) if (read?.dialect === 'code') yield read
  }

  /** True if new flows become files. */
  async canWriteFiles(): Promise<boolean> {
    return (await this.#folder?.isWritable()) ?? false
  }

  /** By name. */
  async list(): Promise<FoundFlow[]> {
    const found = new Map<string, FoundFlow>()
    for (const flow of await this.#versions.list()) found.set(flow.name, await this.#stored(flow))
    for (const flow of this.#folder?.all() ?? []) found.set(flow.name, await this.#ofFolder(flow, found.get(flow.name)))
    return [...found.values()].sort((a, b) => ((a.name as string) < (b.name as string) ? -1 : 1)) // all have names
  }

  /** How many there are, and the first error of each file that has some. Nothing is read for it. */
  async count(): Promise<{ readonly flows: number; readonly broken: readonly Diagnostic[] }> {
    const names = new Set((await this.#versions.list()).map(({ name }) => name))
    const broken: Diagnostic[] = []
    for (const { name, path, diagnostics } of this.#folder?.all() ?? []) {
      names.add(name)
      const [first] = errorsOf(diagnostics)
      if (first) broken.push({ ...first, file: path })
    }
    return { flows: names.size, broken: broken.sort((a, b) => ((a.file ?? '') < (b.file ?? '') ? -1 : 1)) }
  }

  /** By name or id. Throws NOT_FOUND. */
  async get(nameOrId: string, which: WhichVersion = 'newest'): Promise<FoundFlow> {
    if (isFlowId(nameOrId)) return this.#byId(bareId(nameOrId))
    const ofFolder = this.#folder?.get(nameOrId)
    const stored = await this.#versions.get(nameOrId)
    if (which === 'newest' && ofFolder) return this.#ofFolder(ofFolder, stored && (await this.#stored(stored)))
    if (!stored) {
      if (ofFolder?.read?.dialect === 'code') return this.#ofFolder(ofFolder, undefined)
      throw ofFolder ? neverGood(ofFolder) : await this.#unknown(nameOrId)
    }
    if (which === 'newest') return this.#stored(stored)
    if (which !== 'published') return this.#stored(stored, await this.#versions.version(nameOrId, which))
    if (stored.published) return this.#stored(stored, stored.published)
    throw new FlowError('CONFLICT', `no version of the flow "${nameOrId}" is published: publish one, or name a version`)
  }

  /** The published version of a flow; undefined if there is none. */
  async published(name: string): Promise<ReadFlow | undefined> {
    const stored = await this.#versions.get(name)
    if (stored) return stored.published && this.#texts.ofVersion(stored, stored.published)
    const inCode = this.#folder?.get(name)?.read
    return inCode?.dialect === 'code' && inCode.plan ? inCode : undefined
  }

  /** The published versions of all flows, by name. */
  async *allPublished(): AsyncGenerator<readonly [name: string, read: ReadFlow]> {
    for (const stored of await this.#versions.list()) {
      if (stored.published) yield [stored.name, await this.#texts.ofVersion(stored, stored.published)]
    }
    for (const { name, read } of this.#folder?.all() ?? []) {
      if (read?.dialect === 'code' && read.plan) yield [name, read]
    }
  }

  /** What runs of a flow are begun with: its published version, unless told. Throws INVALID_FLOW if it has errors by now. */
  async runnable(nameOrId: string, version?: number): Promise<RunnableFlow> {
    const found = await this.get(nameOrId, version ?? 'published')
    if (!found.read.plan) refuseInvalid(found.read.diagnostics)
    const flowId = found.version?.flowId ?? (isFlowId(nameOrId) ? bareId(nameOrId) : undefined)
    return { ...found, ...(flowId === undefined ? {} : { flowId }) }
  }

  /** The flow that a webhook starts, or that is an MCP tool. */
  ownerOf(type: 'webhook' | 'mcp', name: string): Promise<string | undefined> {
    return this.#names.ownerOf(type, name)
  }

  /** What a webhook of that name starts. */
  async webhook(name: string): Promise<{ readonly flow: string; readonly trigger: WebhookTrigger } | undefined> {
    const flow = await this.#names.ownerOf('webhook', name)
    const read = flow === undefined ? undefined : await this.published(flow)
    const trigger = read?.info?.triggers.find((one) => one.type === 'webhook' && one.name === name)
    return flow === undefined || trigger?.type !== 'webhook' ? undefined : { flow, trigger }
  }

  /** What is wrong with a text, and what it asks for. Stores nothing. */
  async check(text: string, file?: string): Promise<ReadFlow> {
    const read = await readFlowText(text, this.#compile, file)
    const name = ownName(read) ?? (file === undefined ? undefined : nameByFile(file))
    return name === undefined ? read : this.#withTaken(read, name, file)
  }

  /**
   * Stores a flow; with a name, its own or another, as a version that is not published. The same flow as the newest version
   * is no other one.
   */
  async add({ flow, name, by }: AddFlow): Promise<AddedFlow> {
    const text = typeof flow === 'string' ? flow : `${JSON.stringify(flow, null, 2)}\n`
    const unnamed = await readFlowText(text, this.#compile)
    const named = name ?? ownName(unnamed)
    const read = named === undefined ? unnamed : await this.#withTaken(unnamed, named)
    refuseInvalid(read.diagnostics)
    const json = read.flow as Json // it compiled
    const { diagnostics } = read
    if (named === undefined) return { flowId: await this.#store.blobs.put(json), diagnostics }
    this.#refuseCode(named)
    const compare = typeof flow === 'string' ? 'by the text' : 'by the flow'
    const { flow: saved, isNew } = await this.#versions.save({ name: named, flow: json, text, compare, by })
    if (isNew) this.#changed()
    return { flowId: saved.newest.flowId, name: named, version: saved.newest.version, diagnostics }
  }

  /** A new version, or a new flow; of the folder: its file, published. Throws CONFLICT if `base` is not the newest. */
  async save(given: SaveText): Promise<void> {
    const { name, text, base, by } = given
    checkFlowName(name)
    const isStored = (await this.#versions.get(name)) && !this.#folder?.get(name)
    if (this.#folder && !isStored && (this.#folder.get(name) || (await this.canWriteFiles()))) {
      await this.#folder.save(given)
      return
    }
    const read = await this.#withTaken(await readFlowText(text, this.#compile), name)
    refuseInvalid(read.diagnostics)
    const own = ownName(read)
    if (own !== undefined && own !== name) {
      throw new FlowError('INVALID_INPUT', `the flow is called "${own}", not "${name}": save it under its own name`)
    }
    const flow = read.flow as Json // it compiled
    await this.#versions.save({ name, flow, text, compare: 'by the text', base, by })
    this.#changed()
  }

  /** The newest unless told. Throws NOT_FOUND. */
  async publish(name: string, version?: number): Promise<void> {
    if (this.#folder?.get(name)) await this.#folder.publish(name, version)
    else await this.#publishStored(name, version)
    this.#changed()
  }

  /** Throws NOT_FOUND. */
  async remove(name: string): Promise<void> {
    if (this.#folder?.get(name)) await this.#folder.remove(name)
    else {
      await this.#versions.remove(name)
      await this.#folder?.retake()
    }
    this.#changed()
  }

  /** Newest first. Throws NOT_FOUND. */
  async versions(name: string): Promise<readonly FlowVersion[]> {
    const ofFolder = this.#folder?.get(name)
    if (ofFolder && !(await this.#versions.get(name))) return []
    return this.#versions.versions(name)
  }

  async #publishStored(name: string, which: number | undefined): Promise<void> {
    const { read, version } = await this.get(name, which ?? 'newest')
    const claim = await this.#names.claim(name, read.info?.triggers ?? [])
    refuseInvalid(claim.taken)
    try {
      await this.#versions.publish(name, version?.version)
    } finally {
      await claim.settle()
    }
    await this.#folder?.retake()
  }

  /** With the names of triggers that other flows have. */
  async #withTaken(read: ReadFlow, name: string, file?: string): Promise<ReadFlow> {
    const taken = await this.#names.check(name, read.info?.triggers ?? [], file)
    return taken.length === 0 ? read : { ...read, diagnostics: [...read.diagnostics, ...taken] }
  }

  #refuseCode(name: string): void {
    const path = this.#folder?.get(name)?.path
    if (path === undefined || this.#folder?.get(name)?.read?.dialect !== 'code') return
    throw new FlowError('CONFLICT', `the flow "${name}" is written in code (${path}): it is changed there, not here`)
  }

  async #byId(id: string): Promise<FoundFlow> {
    const read = await this.#texts.byId(id)
    return { read, diagnostics: read.diagnostics }
  }

  async #stored(flow: NamedFlow, version = flow.newest): Promise<FoundFlow> {
    const { name, published, file, updatedAt } = flow
    const read = await this.#texts.ofVersion(flow, version)
    return {
      name,
      version,
      ...(published ? { publishedVersion: published.version } : {}),
      ...(file === undefined ? {} : { file }),
      updatedAt,
      read,
      diagnostics: (await this.#withTaken(read, name, file)).diagnostics,
    }
  }

  /** The file as it is: of one with errors, the version is the last good one. */
  /** Flows in code have no versions. */
  #unknown(name: string): Promise<FlowError> {
    return this.#versions.unknown(
      name,
      [...(this.#folder?.all() ?? [])].map((flow) => flow.name),
    )
  }

  async #ofFolder(flow: FolderFlow, stored: FoundFlow | undefined): Promise<FoundFlow> {
    const { name, path, readAt, diagnostics } = flow
    const isInCode = flow.read?.dialect === 'code'
    const read = flow.read ?? { text: flow.content?.text ?? '', dialect: 'flow' as const, diagnostics }
    // A draft that came in by the API is newer than the file.
    if (stored?.version && stored.publishedVersion !== stored.version.version)
      return { ...stored, diagnostics: stored.diagnostics }
    return {
      updatedAt: readAt,
      ...(stored ?? {}),
      name,
      file: path,
      read,
      diagnostics,
      ...(isInCode && read.plan ? { publishedVersion: 1 } : {}),
    }
  }

  #changed(): void {
    for (const listener of this.#listeners) listener()
  }
}

export interface AddFlow {
  /** An object, or its text. */
  readonly flow: string | Json
  readonly name?: string | undefined
  readonly by?: string | undefined
}

export interface AddedFlow {
  readonly flowId: string
  readonly name?: string
  readonly version?: number
  readonly diagnostics: readonly Diagnostic[]
}

/** The triggers that a flow names, as they are written. */
export function triggersOf({ flow }: Pick<ReadFlow, 'flow'>): readonly Json[] {
  const triggers = own(flow, 'triggers')
  return Array.isArray(triggers) ? triggers : []
}

/** True for what cannot be a name: the id of a blob. */
export function isFlowId(text: string): boolean {
  return /^(sha256:)?[0-9a-f]{64}$/.test(text)
}

// ---

function neverGood({ name, path, diagnostics }: FolderFlow): FlowError {
  const [first] = errorsOf(diagnostics)
  const why = first ? `: ${first.message}` : ''
  return new FlowError('CONFLICT', `the flow "${name}" has no version without errors (${path})${why}`)
}
