// The flows of a folder, in step with the store: what a file holds is the published version of its flow. One thing at a time.
//
// 1. A file that has changed is read when it has stood still for a moment: half of it may be valid, and is not meant.
// 2. While a file has errors, the last good version stays published.
// 3. A file is written only if it is what it was when it was last read.

import { join } from 'node:path'
import { withLineEndsOf } from '@stepflow/dialects'
import { type Clock, type Diagnostic, errorsOf, FlowError, hasErrors, type Json, type Log } from '@stepflow/engine'
import { isCodeFile } from '../flows/code-file.ts'
import { refuseInvalid } from '../flows/refuse-invalid.ts'
import { type FileContent, type FileMark, FlowFolder } from './flow-folder.ts'
import { checkFlowName, fileFor, nameByFile, whyNoName } from './flow-names.ts'
import type { FlowVersion, FlowVersions, NamedFlow } from './flow-versions.ts'
import { readAhead } from './read-ahead.ts'
import {
  type CompileText,
  isFlowLike,
  mayExportFlow,
  ownName,
  type ReadFlow,
  readFlowCode,
  readFlowText,
} from './read-flow.ts'
import { type TakenNames, TRIGGER_NAME_TAKEN } from './taken-names.ts'
import { watchFolder } from './watch-folder.ts'

/** A file of the folder, as it was when it was last read. */
export interface FolderFlow {
  /** By which it is listed: the flow's, or the path if that cannot be. */
  readonly name: string
  /** Below the folder. */
  readonly path: string
  /** Absent: the file could not be read. */
  readonly content?: FileContent | undefined
  readonly read?: ReadFlow | undefined
  /** Of the flow, and of the file: that it has another's name, or cannot be read. */
  readonly diagnostics: readonly Diagnostic[]
  readonly readAt: number
}

export interface FolderFlowsOptions {
  /** Absolute. */
  readonly root: string
  /** Other nodes have folders, too. */
  readonly isShared: boolean
  readonly versions: FlowVersions
  readonly compile: CompileText
  /** Of webhooks and tools. */
  readonly names: TakenNames
  readonly clock: Clock
  readonly log: Log
  /** Hears what a file holds that can be run. */
  readonly onRead: (path: string, read: ReadFlow) => void
  /** Called when flows have changed, or may have. */
  readonly onChange: () => void
}

export interface SaveText {
  readonly name: string
  readonly text: string
  readonly base?: number | undefined
  readonly by?: string | undefined
}

export class FolderFlows {
  readonly #options: FolderFlowsOptions
  readonly #folder: FlowFolder
  /** By path. */
  readonly #files = new Map<string, FolderFlow>()
  /** Data that lies beside flows. */
  readonly #others = new Map<string, FileMark>()
  /** What has changed, and since when it is as it is. */
  readonly #moving = new Map<string, { readonly mark: FileMark | undefined; readonly since: number }>()
  #turn: Promise<unknown> = Promise.resolve()

  constructor(options: FolderFlowsOptions) {
    this.#options = options
    this.#folder = new FlowFolder(options.root)
  }

  /** Reads all of the folder. */
  load(): Promise<void> {
    const { isShared } = this.#options
    return this.#inTurn(async () => {
      await this.#folder.clear(this.#options.clock.now())
      const files = await this.#folder.files()
      if (!files) return
      const owners = new Map<string, string>()
      for (const { name, file } of await this.#options.versions.list()) {
        if (file === undefined) continue
        if (files.has(file)) owners.set(file, name)
        // Where several nodes share the flows, it may lie in the folder of another.
        else if (!isShared) await this.#options.versions.fileGone(name, file)
      }
      // Who has had a name keeps it.
      const paths = [...files.keys()].sort((a, b) => Number(owners.has(b)) - Number(owners.has(a)) || (a < b ? -1 : 1))
      const saving: Promise<unknown>[] = []
      for (const { path, reading } of readAhead(paths, (path) => this.#folder.read(path))) {
        const save = await this.#take(path, files.get(path), reading, owners.get(path))
        if (!save) continue
        const saved = save()
        // Should the next one not even be read, nobody asks for this one any more.
        saved.catch(() => {})
        saving.push(saved)
      }
      // A store writes what comes together in one go.
      await Promise.all(saving)
      await this.#retakeSeconds()
    })
  }

  /** Follows what happens to the files, until it is stopped. */
  watch(): () => void {
    const { root, clock, log } = this.#options
    return watchFolder({ root, clock, log, look: () => this.look() })
  }

  /** Takes in what has changed and stands still; true if something moves yet. */
  look(): Promise<boolean> {
    return this.#inTurn(async () => {
      const files = await this.#folder.files()
      if (!files) return false
      const settled = this.#settled(files)
      for (const path of settled) if (!files.has(path)) await this.#forget(path)
      for (const path of settled) {
        if (files.has(path)) await (await this.#take(path, files.get(path), this.#folder.read(path)))?.()
      }
      if (settled.length > 0) {
        await this.#retakeSeconds()
        for (const path of settled) this.#report(path)
        this.#options.onChange()
      }
      return this.#moving.size > 0
    })
  }

  /** Whoever broke a file while flows run learns of it, once for each change. */
  #report(path: string): void {
    const { name, diagnostics = [] } = this.#files.get(path) ?? {}
    const [first, ...others] = errorsOf(diagnostics)
    if (!first) return
    const place = [path, first.line, first.column].filter((part) => part !== undefined).join(':')
    const more = others.length === 0 ? '' : ` (and ${others.length} more)`
    this.#options.log('error', `${place}: ${first.message}${more}; what "${name}" was before still runs`)
  }

  all(): Iterable<FolderFlow> {
    return this.#files.values()
  }

  get(name: string): FolderFlow | undefined {
    for (const flow of this.#files.values()) if (flow.name === name) return flow
    return undefined
  }

  isWritable(): Promise<boolean> {
    return this.#folder.isWritable()
  }

  /** Looks again at files that could not have their name, or that of a trigger. */
  retake(): Promise<void> {
    return this.#inTurn(() => this.#retakeSeconds())
  }

  /** Writes the flow's file, or a new one, and publishes what it holds. */
  save({ name, text, base, by }: SaveText): Promise<NamedFlow> {
    return this.#inTurn(async () => {
      const { versions, compile } = this.#options
      checkFlowName(name)
      const there = this.#writable(name)
      const ending = text.trimStart().startsWith('{') ? 'json' : 'yaml'
      const first = await readFlowText(text, compile, there?.path ?? `new.${ending}`)
      refuseInvalid(first.diagnostics)
      const own = ownName(first)
      if (own !== undefined && own !== name) throw namedOtherwise(name, own)
      const path = there?.path ?? fileFor(name, ending, own !== undefined)
      if (own === undefined && nameByFile(path) !== name) throw namedOtherwise(name, nameByFile(path))
      await versions.checkBase(name, base)
      return this.#publishing(name, first, path, async () => {
        const written = withLineEndsOf(there?.content?.text ?? '', text)
        const isWritten = there?.content?.text === written
        const content =
          isWritten && there?.content ? there.content : await this.#folder.write(path, written, there?.content)
        const read = await readFlowText(written, compile, path)
        const { flow } = await versions.save({
          ...SAME,
          name,
          flow: read.flow as Json, // it compiled
          text: written,
          base,
          by,
          file: path,
        })
        this.#put({ name, path, content, read, diagnostics: read.diagnostics })
        return flow
      })
    })
  }

  /** Writes an earlier version into the file. */
  publish(name: string, version?: number): Promise<NamedFlow> {
    return this.#inTurn(async () => {
      const { versions, compile } = this.#options
      const there = this.#writable(name)
      const content = there?.content
      if (!content) throw await versions.unknown(name)
      const [newest] = await versions.versions(name)
      const wanted = version === undefined ? (newest as FlowVersion) : await versions.version(name, version) // there is one
      const text = await versions.textOf(wanted)
      const read = await readFlowText(text, compile, there.path)
      return this.#publishing(name, read, there.path, async () => {
        const written = content.text === text ? content : await this.#folder.write(there.path, text, content)
        const flow = await versions.publish(name, wanted.version)
        this.#put({ name, path: there.path, content: written, read, diagnostics: read.diagnostics })
        return flow
      })
    })
  }

  /** Removes the file, and the flow with all its versions. */
  remove(name: string): Promise<void> {
    return this.#inTurn(async () => {
      const there = this.#writable(name)
      if (!there) throw await this.#options.versions.unknown(name)
      if (there.content) await this.#folder.remove(there.path, there.content)
      this.#files.delete(there.path)
      if (await this.#options.versions.get(name)) await this.#options.versions.remove(name)
      await this.#retakeSeconds()
      this.#options.onChange()
    })
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(act)
    this.#turn = done.catch(() => {})
    return done
  }

  /** Throws CONFLICT for a flow in code. */
  #writable(name: string): FolderFlow | undefined {
    const there = this.get(name)
    if (there && isCodeFile(there.path)) {
      throw new FlowError(
        'CONFLICT',
        `the flow "${name}" is written in code (${there.path}): it is changed there, not here`,
      )
    }
    return there
  }

  /** The paths of what has changed, and is the same as when it was last looked at. */
  #settled(files: ReadonlyMap<string, FileMark>): string[] {
    const now = this.#options.clock.now()
    const changed = new Set<string>()
    for (const path of [...this.#files.keys(), ...this.#others.keys()]) if (!files.has(path)) changed.add(path)
    for (const [path, mark] of files) {
      const known = this.#files.get(path)?.content?.mark ?? this.#others.get(path)
      if (!known || !isSameMark(known, mark)) changed.add(path)
    }
    for (const path of this.#moving.keys()) if (!changed.has(path)) this.#moving.delete(path)
    const settled: string[] = []
    for (const path of changed) {
      const mark = files.get(path)
      const seen = this.#moving.get(path)
      if (!seen || !isSameMark(seen.mark, mark)) this.#moving.set(path, { mark, since: now })
      else if (now - seen.since >= STILL_MS) {
        settled.push(path)
        this.#moving.delete(path)
      }
    }
    return settled
  }

  /**
   * Takes in a file that is being read; what it answers puts what is in it on record. `owned`: the name that it had for another
   * process.
   */
  async #take(
    path: string,
    mark: FileMark | undefined,
    reading: Promise<FileContent | undefined>,
    owned?: string,
  ): Promise<(() => Promise<unknown>) | undefined> {
    const before = this.#files.get(path)
    let content: FileContent | undefined
    let read: ReadFlow | undefined
    let problem: Diagnostic | undefined
    try {
      content = await reading
      if (content) {
        if (isCodeFile(path) && !mayExportFlow(content.text)) return this.#passOver(path, mark)
        read = isCodeFile(path)
          ? await readFlowCode(content.text, join(this.#folder.root, path), this.#options.log)
          : await readFlowText(content.text, this.#options.compile, path)
      }
    } catch (thrown) {
      if (!FlowError.is(thrown)) throw thrown
      // Other programs lie beside flows in code.
      if (isCodeFile(path) && thrown.code === 'NOT_FOUND') return this.#passOver(path, mark)
      problem = { code: 'UNREADABLE_FILE', level: 'error', message: thrown.message, file: path }
    }
    if (!content && !problem) return this.#forget(path)
    // What was a flow is one that has lost its steps, not data that lies beside flows.
    const was = before?.name ?? owned
    if (was === undefined && read?.flow !== undefined && !isFlowLike(read.flow)) return this.#passOver(path, mark)
    // One with errors keeps its name unless it says another: the file may be written yet.
    const name = (read && ownName(read)) ?? (read?.plan ? undefined : was) ?? nameByFile(path)
    const holder = this.get(name)
    const isTaken = holder !== undefined && holder.path !== path
    const whyNot = isTaken ? `${holder.path} has that name` : whyNoName(name)
    if (whyNot !== undefined) {
      const message = `the flow cannot be called "${name}": ${whyNot}`
      problem = { code: isTaken ? NAME_TAKEN : 'INVALID_FLOW_NAME', level: 'error', message, file: path }
    }
    const listed = whyNot === undefined ? name : path
    if (was !== undefined && was !== listed) await this.#options.versions.fileGone(was, path)
    const found = [...(read?.diagnostics ?? []), ...(problem ? [problem] : [])]
    const triggers = read?.info?.triggers ?? []
    const { names } = this.#options
    const claim = hasErrors(found) ? undefined : await names.claim(name, triggers, path)
    const diagnostics = [...found, ...(claim ? claim.taken : await names.check(name, triggers, path))]
    const unread = { text: '', hasMark: false, hash: '', mark: mark ?? NO_MARK }
    this.#put({ name: listed, path, content: content ?? unread, read, diagnostics })
    if (!content || !read?.plan || read.dialect === 'code' || hasErrors(diagnostics)) return undefined
    const { text } = content
    const flow = read.flow as Json // it compiled
    return async () => {
      try {
        await this.#options.versions.save({ ...SAME, name, flow, text, file: path })
      } finally {
        await claim?.settle()
      }
    }
  }

  /** Others may have waited for a name that this flow had. */
  async #publishing<T>(name: string, { info }: ReadFlow, file: string, publish: () => Promise<T>): Promise<T> {
    const { names, onChange } = this.#options
    const claim = await names.claim(name, info?.triggers ?? [], file)
    refuseInvalid(claim.taken)
    try {
      return await publish()
    } finally {
      await claim.settle()
      await this.#retakeSeconds()
      onChange()
    }
  }

  #put(flow: Omit<FolderFlow, 'readAt'>): void {
    this.#others.delete(flow.path)
    this.#moving.delete(flow.path)
    this.#files.set(flow.path, { ...flow, readAt: this.#options.clock.now() })
    if (flow.read?.plan && flow.read.dialect !== 'code') this.#options.onRead(flow.path, flow.read)
  }

  async #passOver(path: string, mark: FileMark | undefined): Promise<undefined> {
    await this.#forget(path)
    if (mark) this.#others.set(path, mark)
    return undefined
  }

  async #forget(path: string): Promise<undefined> {
    const before = this.#files.get(path)
    this.#files.delete(path)
    this.#others.delete(path)
    if (before) await this.#options.versions.fileGone(before.name, path)
    return undefined
  }

  /** Of two flows of one name, or with a trigger of one name, the second may be the only one by now. */
  async #retakeSeconds(): Promise<void> {
    for (const { path, content, diagnostics } of [...this.#files.values()]) {
      const isSecond = diagnostics.some(({ code }) => code === NAME_TAKEN || code === TRIGGER_NAME_TAKEN)
      if (isSecond) await (await this.#take(path, content?.mark, this.#folder.read(path)))?.()
    }
  }
}

// ---

/** A file that is being written changes more often than that. */
export const STILL_MS = 150

const NAME_TAKEN = 'FLOW_NAME_TAKEN'
const SAME = { compare: 'by the text' } as const
const NO_MARK: FileMark = { size: -1, mtimeMs: 0, inode: 0 }

function isSameMark(a: FileMark | undefined, b: FileMark | undefined): boolean {
  return a?.size === b?.size && a?.mtimeMs === b?.mtimeMs && a?.inode === b?.inode
}

function namedOtherwise(name: string, own: string): FlowError {
  return new FlowError('INVALID_INPUT', `the flow is called "${own}", not "${name}": save it under its own name`)
}
