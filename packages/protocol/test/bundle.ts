// A source file as a program that the running Node can start, and the files that went into it.

import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'

export async function bundle(contents: string): Promise<{ program: string; inputs: string[] }> {
  const program = join(mkdtempSync(join(tmpdir(), 'stepflow-protocol-')), 'program.mjs')
  const { metafile } = await build({
    stdin: { contents, resolveDir: new URL('../src/', import.meta.url).pathname, loader: 'ts' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: program,
    metafile: true,
    logLevel: 'silent',
  })
  return { program, inputs: Object.keys(metafile.inputs) }
}
