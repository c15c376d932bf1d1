// docs/walkthrough-server.md, executed as it stands: its files, its commands in their order, and what they print.

import { expect, test } from 'vitest'
import { freePort } from './free-port.ts'
import { canRunPages, runPage } from './run-page.ts'

/** Each part goes on from the one before it. */
test.skipIf(!canRunPages)(
  'the commands of the page print what it shows, in their order',
  { timeout: 300_000 },
  async () => {
    const port = String(await freePort())

    expect(await runPage({ page: 'docs/walkthrough-server.md', replace: { 7837: port } })).toBeGreaterThan(8)
  },
)
