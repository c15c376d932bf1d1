// A Temporal server of a benchmark's own, as the tests have it; or why there is none here.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { entrySources } from '../../scripts/sources.mjs'
import { path } from '../programs.mjs'

export async function startTemporal(folder) {
  const file = join(folder, 'temporal.mjs')
  await build({
    stdin: {
      contents: `export * from './install-temporal.ts'; export * from './temporal-cluster.ts'`,
      resolveDir: path('test'),
    },
    ...{ bundle: true, platform: 'node', format: 'esm', outfile: file, logLevel: 'error' },
    alias: entrySources(),
    plugins: [ownUrls],
  })
  const { installTemporal, TemporalCluster } = await import(pathToFileURL(file).href)
  const installed = await installTemporal()
  return 'missing' in installed ? installed.missing : TemporalCluster.start(installed, { renewAfter: NO_RENEWAL })
}

// ---

const NO_RENEWAL = 40_000

/** What asks where it is itself finds what lies beside it, also in a bundle. */
const ownUrls = {
  name: 'own-urls',
  setup: ({ onLoad }) =>
    onLoad({ filter: /\/test\/[\w-]+\.ts$/ }, async ({ path: source }) => ({
      loader: 'ts',
      contents: (await readFile(source, 'utf8')).replaceAll(
        'import.meta.url',
        JSON.stringify(pathToFileURL(source).href),
      ),
    })),
}
