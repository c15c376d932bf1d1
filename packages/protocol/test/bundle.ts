// A source file as a program that the running Node can start, and the files that went into it.

import { join } from 'node:path'
import { build } from 'esbuild'
import { newFolder } from '../../../test/new-folder.ts'

export async function bundle(
  contents: string,
  format: 'esm' | 'cjs' = 'esm',
): Promise<{ program: string; inputs: string[] }> {
  const program = join(newFolder(), `program.${format === 'esm' ? 'mjs' : 'cjs'}`)
  const { metafile } = await build({
    stdin: { contents, resolveDir: new URL('../src/', import.meta.url).pathname, loader: 'ts' },
    bundle: true,
    platform: 'node',
    format,
    outfile: program,
    metafile: true,
    logLevel: 'silent',
  })
  return { program, inputs: Object.keys(metafile.inputs) }
}
