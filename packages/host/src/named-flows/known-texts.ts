// Flows that the store holds as texts or as JSON, read: the same text is compiled once, whoever asks for it.

import { contentId, FlowError, isRecord, type Store } from '@stepflow/engine'
import type { FlowVersion, FlowVersions, NamedFlow } from './flow-versions.ts'
import { type CompileText, type ReadFlow, readFlowText } from './read-flow.ts'

export interface KnownTextsOptions {
  readonly blobs: Store['blobs']
  readonly versions: FlowVersions
  readonly compile: CompileText
}

export class KnownTexts {
  readonly #options: KnownTextsOptions
  /** By the ids of text and file. */
  readonly #read = new Map<string, Promise<ReadFlow>>()

  constructor(options: KnownTextsOptions) {
    this.#options = options
  }

  ofVersion({ file }: Pick<NamedFlow, 'file'>, version: FlowVersion): Promise<ReadFlow> {
    const { versions, compile } = this.#options
    return this.#once(`${version.textId} ${file ?? ''}`, async () =>
      readFlowText(await versions.textOf(version), compile, file),
    )
  }

  /** What a file was read as: the version that holds its text is the same. */
  keep(file: string, read: ReadFlow): void {
    this.#put(`${contentId(read.text)} ${file}`, Promise.resolve(read))
  }

  /** By the id of its blob. Throws NOT_FOUND. */
  byId(id: string): Promise<ReadFlow> {
    return this.#once(`${id} id`, async () => {
      const stored = await this.#blob(id)
      const text = typeof stored === 'string' ? stored : `${JSON.stringify(stored, null, 2)}\n`
      if (typeof stored !== 'string' && !isRecord(stored) && !Array.isArray(stored)) throw noFlow(id)
      return readFlowText(text, this.#options.compile)
    })
  }

  async #blob(id: string): Promise<unknown> {
    try {
      return await this.#options.blobs.get(id)
    } catch (thrown) {
      throw FlowError.is(thrown) && thrown.code === 'NOT_FOUND' ? noFlow(id) : thrown
    }
  }

  #once(key: string, read: () => Promise<ReadFlow>): Promise<ReadFlow> {
    const known = this.#read.get(key)
    const found = known ?? read()
    this.#put(key, found)
    if (!known) found.catch(() => this.#read.delete(key))
    return found
  }

  /** As the one that was asked for last. */
  #put(key: string, read: Promise<ReadFlow>): void {
    this.#read.delete(key)
    this.#read.set(key, read)
    if (this.#read.size > MOST_READ) this.#read.delete(this.#read.keys().next().value as string) // there is one
  }
}

// ---

/** A thousand flows in the folder are no rarity. */
const MOST_READ = 2000

function noFlow(id: string): FlowError {
  return new FlowError('NOT_FOUND', `there is no flow ${id}: store it first, by POST /flows or POST /blobs`)
}
