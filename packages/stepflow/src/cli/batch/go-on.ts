// How to go on with a batch, as command lines that can be copied.

import { outputOf } from '../args.ts'
import type { Args } from '../command.ts'
import { shellWord } from '../progress/watch-waits.ts'
import type { Kept } from './resume.ts'
import type { ResultWriter } from './write-results.ts'

export interface GoOn {
  readonly args: Args
  readonly writer: ResultWriter
  readonly kept: Kept | undefined
  readonly isRecorded: boolean
}

export function howToGoOn({ args, writer, kept, isRecorded }: GoOn): string {
  const lines = writer.written + (kept?.lines ?? 0)
  const output = outputOf(args)
  if (output !== undefined) {
    return `${lines} results are in ${output}, each a whole line. To continue with the rest:\n  ${resumeLine()}`
  }
  if (isRecorded) return `${lines} results are written, and all of them are recorded. To continue:\n  ${resumeLine()}`
  return `${lines} results are written; with --output FILE a batch can be resumed`
}

/** This command line, with --resume. */
export function resumeLine(): string {
  const words = process.argv.slice(2).filter((word) => !/^--(resume(=|$)|force$)/.test(word))
  return ['stepflow', ...words, '--resume'].map(shellWord).join(' ')
}

export function howToRerun(run: string, isRecorded: boolean, storeWords: readonly string[]): string {
  if (!isRecorded) return 'with --store sqlite:PATH, the failed items of a batch can be run again'
  return `to run the failed items again:\n  ${['stepflow runs rerun', run, '--failed', ...storeWords].join(' ')}`
}
