// The program `stepflow`: finds the command, runs it, turns what was thrown into a message and an exit code.

import { codes, FlowError, own, suggest } from '@stepflow/engine'
import { claimStray, lendNodeHash, ownProcess } from '@stepflow/host'
import { actionIn, globalOptions, parseArgs } from './args.ts'
import type { Io } from './command.ts'
import { commands } from './command-table.ts'
import { processIo, ReaderGone } from './io.ts'
import { version } from './version.ts'

/** Runs a command line to its end and answers the exit code. */
export async function main(words: readonly string[], io: Io = processIo(words)): Promise<number> {
  try {
    return await runCommand(words, io)
  } catch (thrown) {
    return report(thrown, words, io)
  }
}

/** What the executable calls. */
export function start(): void {
  const words = process.argv.slice(2)
  const io = processIo(words)
  ownProcess()
  // Also commands that open no store name plans by their hash.
  lendNodeHash()
  const fault = (thrown: unknown) => {
    if (!claimStray(thrown)) process.exit(report(thrown, words, io))
  }
  process.on('uncaughtException', fault)
  process.on('unhandledRejection', fault)
  // All output has been written when a command answers: there is nothing to wait for, whatever may still be open.
  void main(words, io).then((code) => process.exit(code))
}

// ---

async function runCommand(words: readonly string[], io: Io): Promise<number> {
  const { name, rest } = split(words)
  const asksHelp = rest.some((word, i) => isHelp(word) && !rest.slice(0, i).includes('--'))
  if (name === undefined || name === 'help') {
    if (rest.includes('--version') || rest.includes('-V')) {
      io.out(`stepflow ${version}\n`)
      return 0
    }
    const wanted = name === 'help' ? rest.find((word) => !word.startsWith('-')) : undefined
    if (wanted !== undefined) return showHelp(wanted, rest.slice(rest.indexOf(wanted) + 1), io)
    const unknown = name === undefined ? rest.find((word) => word.startsWith('-') && !isGlobal(word)) : undefined
    if (unknown !== undefined) throw new FlowError('INVALID_INPUT', `unknown option "${unknown}" before the command`)
    const { overview } = await import('./help.ts')
    const isAsked = name !== undefined || asksHelp
    const { terminal } = io
    const width = (isAsked ? terminal.out : terminal.err) ? terminal.columns : undefined
    const text = overview(await Promise.all(commands.map((one) => one.load())), version, width)
    if (isAsked) io.out(text)
    else io.err(text)
    return isAsked ? 0 : 2
  }
  if (asksHelp) return showHelp(name, rest, io)
  const { command, words: given } = actionIn(await find(name).load(), rest)
  return command.run(parseArgs(command, given), io)
}

/** The command is the first word that is neither an option of all commands nor the value of one. */
function split(words: readonly string[]): { name: string | undefined; rest: string[] } {
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as string
    if (!word.startsWith('-')) return { name: word, rest: [...words.slice(0, at), ...words.slice(at + 1)] }
    const option = globalOptions.find((one) => `--${one.name}` === word)
    if (option?.value !== undefined) at++
  }
  return { name: undefined, rest: [...words] }
}

function isHelp(word: string): boolean {
  return word === '--help' || word === '-h'
}

function isGlobal(word: string): boolean {
  const name = word.replace(/^--(no-)?/, '').split('=')[0] as string
  return globalOptions.some((one) => one.name === name || `-${one.short}` === word)
}

async function showHelp(name: string, words: readonly string[], io: Io): Promise<number> {
  const { helpOf } = await import('./help.ts')
  const command = await find(name).load()
  const action = words.find((word) => !word.startsWith('-'))
  const told = command.actions && action !== undefined ? actionIn(command, words).command : command
  io.out(helpOf(told, io.terminal.out ? io.terminal.columns : undefined))
  return 0
}

function find(name: string) {
  const found = commands.find((one) => one.name === name || one.aliases?.includes(name))
  if (found) return found
  const names = commands.map((one) => one.name)
  const near = suggest(name, [...names, ...commands.flatMap((one) => one.aliases ?? [])])
  const meant = near ? ` Did you mean "${near}"?` : ''
  const isFile = /[./\\]/.test(name) ? ` To run a file: stepflow run ${name}` : ''
  throw new FlowError('INVALID_INPUT', `unknown command "${name}".${meant || isFile}\n  There are: ${names.join(', ')}`)
}

/** Says what went wrong: never a stack, unless the fault is ours and somebody asks for it. */
function report(thrown: unknown, words: readonly string[], io: Io): number {
  if (thrown instanceof ReaderGone) return 0
  const say = (text: string) => io.err(asksJson(words) ? errorLine(text) : `${text}\n`)
  const { code, message, syscall } = (thrown ?? {}) as NodeJS.ErrnoException
  if (FlowError.is(thrown) && own(thrown.data, 'journal') !== undefined) {
    // A row that cannot be read: the file has suffered, not the program.
    say(`stepflow: ${thrown.message}`)
    return 1
  }
  if (FlowError.is(thrown) && thrown.code !== 'INTERNAL') {
    say(`stepflow: ${thrown.message}`)
    return codes[thrown.code].exit
  }
  if (syscall !== undefined && (code === 'ENOSPC' || code === 'EDQUOT')) {
    say('stepflow: the disk has no space left for the output')
    return 1
  }
  const asksStack = words.includes('--verbose') || words.includes('-v') || Boolean(io.env.STEPFLOW_DEBUG)
  const more =
    asksStack && thrown instanceof Error
      ? thrown.stack
      : '  please report it, with what the same command prints with STEPFLOW_DEBUG=1 in the environment'
  const where = `  stepflow ${version}, node ${process.version}, ${process.platform}`
  say(`stepflow: internal error: ${message || String(thrown)}\n${more}\n${where}`)
  return codes.INTERNAL.exit
}

/** Read from the words, for they may be what is wrong. */
function asksJson(words: readonly string[]): boolean {
  return words.some((word, i) => word === '--log-format=json' || (word === '--log-format' && words[i + 1] === 'json'))
}

function errorLine(message: string): string {
  return `${JSON.stringify({ time: new Date().toISOString(), level: 'error', message })}\n`
}
