// The output of a batch: opened, given a writer, closed. A file, or stdout, which may be a pipe with a slow reader.

import { closeSync } from 'node:fs'
import type { ItemResult } from '@stepflow/engine'
import type { Io } from '../command.ts'
import { openOutput } from './open-files.ts'
import { isFile, pipeWriter } from './pipes.ts'
import { type Counts, createResultWriter, type ResultWriter } from './write-results.ts'

export interface ResultOutput {
  /** Absent: stdout. */
  readonly output: string | undefined
  readonly order: 'input' | 'completion'
  /** What the output has already; else it is emptied. */
  readonly kept?: { readonly counts: Readonly<Counts>; readonly lines: number } | undefined
  readonly io: Io
}

export async function withResultWriter<T>(
  { output, order, kept, io }: ResultOutput,
  write: (writer: ResultWriter) => Promise<T>,
): Promise<T> {
  const fd = openOutput(output, kept !== undefined, io)
  try {
    const writer = createResultWriter({
      fd,
      order,
      name: output ?? 'the output',
      ...(output === undefined && !isFile(fd) ? { write: pipeWriter() } : {}),
      ...(kept ? { before: kept.counts } : {}),
      ...(kept && order === 'input' ? { from: kept.lines } : {}),
    })
    return await write(writer)
  } finally {
    if (output !== undefined) closeSync(fd)
  }
}

/** To the end, at the pace of the reader. */
export async function writeAll(
  results: AsyncIterable<readonly Pick<ItemResult, 'index' | 'outcome'>[]>,
  writer: ResultWriter,
): Promise<void> {
  for await (const batch of results) {
    for (const { index, outcome } of batch) {
      const waiting = writer.add(index, outcome)
      if (waiting) await waiting
    }
  }
  await writer.flush()
}
