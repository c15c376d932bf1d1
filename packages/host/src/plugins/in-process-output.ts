// What functions of users print in this process: stdout has results, so it goes to stderr; and what is secret in a call is
// taken out. By the streams, and by the descriptors below them. Whose a write is, the caller knows.

import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

export interface OutputGuard {
  /** A function of a user writes this, at this very moment. */
  readonly isTheirs: () => boolean
  /** Without what is secret in their call. */
  readonly cleaned: (chunk: string | Uint8Array) => string | Uint8Array
}

export function guardOutput(guard: OutputGuard): void {
  guardStream('stdout', guard)
  guardStream('stderr', guard)
  guardDescriptors(guard)
}

// ---

/** Opens no stream before somebody prints: that costs more than loading the file that prints. */
function guardStream(name: 'stdout' | 'stderr', { cleaned }: OutputGuard): void {
  const own = Object.getOwnPropertyDescriptor(process, name)
  Object.defineProperty(process, name, {
    configurable: true,
    enumerable: true,
    get() {
      const stream: NodeJS.WriteStream = own?.get ? own.get.call(process) : own?.value
      // Results that go through the stream are written by its class's method.
      if (!Object.hasOwn(stream, 'write')) {
        const write = stream.write.bind(stream)
        stream.write = ((chunk: string | Uint8Array, ...rest: unknown[]) => {
          const clean = cleaned(chunk)
          return name === 'stderr' ? write(clean, ...(rest as [])) : process.stderr.write(clean, ...(rest as []))
        }) as typeof stream.write
      }
      return stream
    },
  })
}

const STDOUT: readonly unknown[] = [1, '/dev/stdout', '/dev/fd/1', '/proc/self/fd/1']
const STDERR: readonly unknown[] = [2, '/dev/stderr', '/dev/fd/2', '/proc/self/fd/2']
type Function_ = (...args: unknown[]) => unknown

function guardDescriptors({ isTheirs, cleaned }: OutputGuard): void {
  const functions = fs as unknown as Record<string, Function_> // to be replaced by name
  const replace = (name: string, made: (original: Function_) => Function_) => {
    functions[name] = made(functions[name] as Function_) // of Node, there under each of these names
  }
  const isOutput = (target: unknown) => (STDOUT.includes(target) || STDERR.includes(target)) && isTheirs()
  for (const name of ['writeSync', 'write']) {
    replace(name, (original) => (fd, data, ...rest) => {
      if (!isOutput(fd)) return original(fd, data, ...rest)
      const asked = partOf(data, rest)
      const done = rest.at(-1)
      // Who writes on until all is written must not see what was taken out.
      const length = Buffer.byteLength(asked)
      if (typeof done === 'function') return original(2, cleaned(asked), (error: unknown) => done(error, length, data))
      original(2, cleaned(asked))
      return length
    })
  }
  for (const name of ['writevSync', 'writev']) {
    replace(name, (original) => (fd, parts, ...rest) => {
      if (!isOutput(fd)) return original(fd, parts, ...rest)
      const asked = Buffer.concat(parts as Uint8Array[]) // else Node has refused it
      const done = rest.at(-1)
      const clean = [Buffer.from(cleaned(asked) as Uint8Array)] // or a text
      if (typeof done === 'function') return original(2, clean, (error: unknown) => done(error, asked.length, parts))
      original(2, clean)
      return asked.length
    })
  }
  for (const name of ['writeFileSync', 'writeFile', 'appendFileSync', 'appendFile']) {
    replace(name, (original) => (target, data, ...rest) => {
      const isText = typeof data === 'string' || data instanceof Uint8Array
      return isText && isOutput(target) ? original(2, cleaned(data), ...rest) : original(target, data, ...rest)
    })
  }
  // Modules that import a function by its name have these, too.
  syncBuiltinESMExports()
}

/** Of a buffer, what the call says of it: offset and length, or an object with them. */
function partOf(data: unknown, [first, second]: readonly unknown[]): string | Uint8Array {
  if (!ArrayBuffer.isView(data)) return String(data)
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  const options =
    typeof first === 'object' && first !== null ? (first as { offset?: number; length?: number }) : undefined
  const offset = options ? (options.offset ?? 0) : typeof first === 'number' ? first : 0
  const length = options ? options.length : second
  return bytes.subarray(offset, typeof length === 'number' ? offset + length : undefined)
}
