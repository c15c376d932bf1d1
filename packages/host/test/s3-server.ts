// An object storage of a test's own: `s3rver`, on a free port of this machine. It knows keys, and checks no signatures.

import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface ObjectStorage {
  readonly endpoint: string
  /** Keys that it knows. */
  readonly env: Readonly<Record<string, string>>
  /** Where it keeps what it was sent. */
  readonly folder: string
  stop(): Promise<void>
}

/** Why there is none here; or the storage, with a bucket "runs". */
export async function startObjectStorage(): Promise<ObjectStorage | string> {
  let Server: Constructor
  try {
    Server = createRequire(import.meta.url)('s3rver')
  } catch {
    return 'the package s3rver is not installed'
  }
  const folder = mkdtempSync(join(tmpdir(), 'stepflow-s3-'))
  const server = new Server({
    ...{ address: '127.0.0.1', port: 0, silent: true, directory: folder, vhostBuckets: false },
    configureBuckets: [{ name: 'runs' }],
  })
  const { port } = await server.run()
  return {
    endpoint: `http://127.0.0.1:${port}`,
    env: { AWS_ACCESS_KEY_ID: 'S3RVER', AWS_SECRET_ACCESS_KEY: 'S3RVER' },
    folder,
    async stop() {
      await server.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

// ---

type Constructor = new (options: object) => { run(): Promise<{ readonly port: number }>; close(): Promise<void> }
