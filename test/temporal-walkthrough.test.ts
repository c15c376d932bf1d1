// docs/temporal.md, executed as it stands, with the official server and its command: an approval, a worker that is killed, and
// two versions side by side.

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { freePort } from './free-port.ts'
import { buildOfVersion, extension, installTemporal } from './install-temporal.ts'
import { newFolder } from './new-folder.ts'
import { canRunPages, runPage } from './run-page.ts'
import { root, stepflow } from './stepflow.ts'

const canRunPython = spawnSync('python3', ['--version']).error === undefined
const installed =
  canRunPages && canRunPython ? await installTemporal() : { missing: 'there is no bash, curl or python3' }
if ('missing' in installed) process.stderr.write(`skipped: ${installed.missing}\n`)

test.skipIf('missing' in installed)(
  'the commands of the page print what it shows, and runs end on the version on which they began',
  { timeout: 300_000 },
  async () => {
    const { temporal } = installed as Exclude<typeof installed, { missing: string }>
    const next = buildOfVersion(newFolder(), '2')
    const programs = {
      temporal: `exec "${temporal}" "$@"`,
      // What it would install: the program, and the package in this version or in the next.
      npm: `[ "$2" = --prefix ] && home=$3 package="${next}" || home=. package="${extension}"
mkdir -p $home/node_modules/@stepflow $home/node_modules/.bin
ln -s "$package" $home/node_modules/@stepflow/temporal
ln -s "${stepflow}" $home/node_modules/.bin/stepflow`,
    }
    const parts = await runPage({
      page: 'docs/temporal.md',
      replace: { 7233: String(await freePort()) },
      programs,
      env: { PYTHONPATH: join(root, 'sdks/python') },
    })

    expect(parts).toBeGreaterThan(7)
  },
)
