// Where blobs may be kept outside a store: a folder and a bucket pass one contract, and say what is wrong with them.

import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BlobStorage, type Clock, systemClock } from '@stepflow/engine'
import { afterAll, describe, expect, test } from 'vitest'
import { type BucketPlace, blobPlace } from '../src/blobs/blob-place.ts'
import { openBucket } from '../src/blobs/bucket-blobs.ts'
import { openFolder } from '../src/blobs/folder-blobs.ts'
import { blobsOf } from '../src/blobs/open-blobs.ts'
import { encodePath, signRequest } from '../src/blobs/sign-request.ts'
import { startObjectStorage } from './s3-server.ts'

const root = new URL('../../../', import.meta.url).pathname
const home = mkdtempSync(join(tmpdir(), 'stepflow-blobs-'))
afterAll(() => rmSync(home, { recursive: true, force: true }))

const KEYS = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'geheim/geheim' }
/** Nobody waits: what is to happen after a pause happens now. */
const hasty: Clock = {
  ...systemClock,
  timer(_, fire) {
    setImmediate(fire)
    return () => {}
  },
}
const bucketAt = (text: string) => blobPlace(text, home) as BucketPlace
const bytes = (text: string) => Buffer.from(text)

const storage = await startObjectStorage()
if (typeof storage !== 'string') afterAll(() => storage.stop())

contract('a folder', () => openFolder(join(home, 'contract'), 'made'))
if (typeof storage === 'string') test.skip(`a bucket: ${storage}`, () => {})
else {
  const place = bucketAt(`s3://runs/some%20prefix/of ours?endpoint=${storage.endpoint}`)
  contract('a bucket', () => openBucket(place, { env: storage.env }))
}

function contract(kind: string, open: () => Promise<BlobStorage>): void {
  describe(kind, () => {
    test('gives back what was put, and nothing for another name', async () => {
      const blobs = await open()
      const content = new Uint8Array(3_000_000).map((_, n) => n % 251)
      await blobs.put('ab/one', content)
      await blobs.put('empty', new Uint8Array())

      expect(Buffer.from((await blobs.get('ab/one')) ?? []).equals(content)).toBe(true)
      expect((await blobs.get('empty'))?.length).toBe(0)
      expect(await blobs.get('ab/two')).toBeUndefined()
      expect(await (await open()).get('ab/one')).toHaveLength(content.length)
    })

    test('takes the same again, and from many at once', async () => {
      const blobs = [await open(), await open()]
      await Promise.all(
        Array.from({ length: 20 }, (_, n) => (blobs[n % 2] as BlobStorage).put('cd/same', bytes('content'))),
      )
      expect(Buffer.from((await blobs[0]?.get('cd/same')) ?? []).toString()).toBe('content')
    })

    test('removes, also what is not there', async () => {
      const blobs = await open()
      await blobs.put('ef/gone', bytes('x'))
      await blobs.remove('ef/gone')
      await blobs.remove('ef/gone')
      expect(await blobs.get('ef/gone')).toBeUndefined()
    })
  })
}

describe('a folder', () => {
  test('never shows a part of a file, whenever its writer is killed', async () => {
    const folder = join(home, 'killed')
    const blobs = await openFolder(folder, 'made')
    const program = `import { openFolder } from '${join(root, 'packages/host/src/blobs/folder-blobs.ts')}'`
    const entry = join(home, 'writer.mts')
    writeFileSync(
      entry,
      `${program}
const blobs = await openFolder(process.argv[2], 'made')
const content = Buffer.alloc(4_000_000, 'x')
console.log('ready')
for (let n = 0; ; n++) await blobs.put('aa/' + process.pid + '-' + n, content)
`,
    )
    const bundle = join(home, 'writer.mjs')
    execFileSync('npx', [
      'esbuild',
      entry,
      '--bundle',
      '--platform=node',
      '--format=esm',
      `--outfile=${bundle}`,
      '--log-level=error',
      ...aliases(),
    ])
    for (let round = 0; round < 4; round++) {
      const child = spawn(process.execPath, [bundle, folder], { stdio: ['ignore', 'pipe', 'inherit'] })
      const gone = new Promise((resolve) => child.once('exit', resolve))
      const before = files(folder)
      while (files(folder) < before + 1 + round) await new Promise(setImmediate)
      child.kill('SIGKILL')
      await gone
    }

    for (const name of readdirSync(join(folder, 'aa'))) {
      expect((await blobs.get(`aa/${name}`))?.length).toBe(4_000_000)
    }
  })

  test('that is full says so, keeps what it has and takes more when there is room', async ({ skip }) => {
    const disk = join(home, 'disk')
    mkdirSync(disk)
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', disk], { stdio: 'ignore' })
    } catch {
      return skip('a disk of memory can be mounted by root on Linux only')
    }
    try {
      const blobs = await openFolder(join(disk, 'blobs'), 'made')
      await blobs.put('aa/first', Buffer.alloc(1_000_000))
      await expect(blobs.put('aa/second', Buffer.alloc(1_500_000))).rejects.toMatchObject({
        code: 'RESOURCE_UNAVAILABLE',
        message: expect.stringContaining('its disk is full; make room'),
      })
      expect([await blobs.get('aa/second'), (await blobs.get('aa/first'))?.length]).toEqual([undefined, 1_000_000])
      expect(readdirSync(join(disk, 'blobs/unfinished'))).toEqual([])
      await blobs.remove('aa/first')
      await blobs.put('aa/second', Buffer.alloc(1_500_000))
    } finally {
      execFileSync('umount', ['-l', disk])
    }
  })

  test('that cannot be one is refused', async () => {
    writeFileSync(join(home, 'file'), '')
    for (const path of [join(home, 'file'), join(home, 'file/below'), '/proc/nowhere']) {
      await expect(openFolder(path, 'made')).rejects.toMatchObject({
        code: 'INVALID_INPUT',
        message: expect.stringContaining(`cannot keep blobs in the folder ${path}`),
      })
    }
    await expect(openFolder(join(home, 'absent'), 'refused')).rejects.toThrow('is it mounted?')
  })

  test('that many make at once is there for all of them', async () => {
    for (let round = 0; round < 20; round++) {
      const path = join(home, `many-${round}/below`)
      const all = await Promise.all(Array.from({ length: 20 }, () => openFolder(path, 'made')))
      await all[round]?.put('aa/x', bytes('x'))
    }
  })

  test('that goes away meanwhile is not made again elsewhere', async () => {
    const path = join(home, 'unmounted')
    const blobs = await openFolder(path, 'made')
    rmSync(path, { recursive: true })
    await expect(blobs.put('aa/x', bytes('x'))).rejects.toMatchObject({
      code: 'RESOURCE_UNAVAILABLE',
      message: expect.stringContaining('is it mounted?'),
    })
    expect(readdirSync(home)).not.toContain('unmounted')
  })

  test('in which this user may not write says so', async ({ skip }) => {
    if (process.getuid?.() === 0) return skip('root may write anywhere')
    const path = join(home, 'locked')
    mkdirSync(path)
    chmodSync(path, 0o500)
    await expect(openFolder(path, 'made')).rejects.toThrow('this user may not write there')
  })
})

describe('a bucket', () => {
  test('is signed for as Amazon documents it', () => {
    const url = new URL(`https://examplebucket.s3.amazonaws.com/${encodePath('test.txt')}`)
    const keys = { id: 'AKIAIOSFODNN7EXAMPLE', secret: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' }
    const signing = { keys, region: 'us-east-1', service: 's3', now: Date.UTC(2013, 4, 24) }
    expect(signRequest({ method: 'GET', url, headers: { range: 'bytes=0-9' } }, signing).authorization).toBe(
      'AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, ' +
        'SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, ' +
        'Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
    )
    const put = new URL(`https://examplebucket.s3.amazonaws.com/${encodePath('test$file.text')}`)
    const headers = { date: 'Fri, 24 May 2013 00:00:00 GMT', 'x-amz-storage-class': 'REDUCED_REDUNDANCY' }
    const body = bytes('Welcome to Amazon S3.')
    expect(signRequest({ method: 'PUT', url: put, headers, body }, signing).authorization).toContain(
      'Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
    )
  })

  test.skipIf(typeof storage === 'string')('says at the start what is wrong with it, and no key', async () => {
    const { endpoint, env } = storage as Exclude<typeof storage, string>
    const wrong = [
      [`s3://absent-bucket/p?endpoint=${endpoint}`, env, 'there is no bucket absent-bucket; make it'],
      [`s3://runs?endpoint=${endpoint}`, KEYS, 'AWS_ACCESS_KEY_ID is not known there'],
      [`s3://runs?endpoint=${endpoint}`, {}, 'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY'],
    ] as const
    for (const [place, keys, said] of wrong) {
      const error = await openBucket(bucketAt(place), { env: keys }).catch((thrown) => thrown)
      expect([error.code, error.message]).toEqual(['INVALID_INPUT', expect.stringContaining(said)])
      expect(error.message).not.toContain('geheim')
    }
  })

  test('is asked again while it cannot, and a pause that it asks for is kept', async () => {
    const pauses: number[] = []
    const clock = {
      ...systemClock,
      timer(ms: number, fire: () => void) {
        pauses.push(ms)
        setImmediate(fire)
        return () => {}
      },
    }
    const blobs = await scripted(
      [
        (response) => response.writeHead(404).end(),
        (response) => response.writeHead(503, { 'retry-after': '2' }).end('<Error><Code>SlowDown</Code></Error>'),
        (response) => response.destroy(),
        (response) => response.writeHead(200).end('there'),
      ],
      clock,
    )
    expect(Buffer.from((await blobs.get('x')) ?? []).toString()).toBe('there')
    expect(pauses).toEqual([2_000, 400])
  })

  test('that does not answer at all is away', async () => {
    const error = await scripted(Array(4).fill((response: ServerResponse) => response.destroy())).catch(
      (thrown) => thrown,
    )
    expect([error.code, error.retryable]).toEqual(['RESOURCE_UNAVAILABLE', undefined])
    expect(error.message).toMatch(/cannot reach s3:\/\/runs\S+: other side closed/)
  })

  test('whose clock differs from ours is asked by its own', async () => {
    const dates: (string | undefined)[] = []
    const note = (request: IncomingMessage) => dates.push(request.headers['x-amz-date'] as string)
    const blobs = await scripted([
      (response, request) => {
        note(request)
        response.writeHead(403, { date: 'Fri, 24 May 2013 00:00:00 GMT' })
        response.end('<Error><Code>RequestTimeTooSkewed</Code></Error>')
      },
      (response, request) => {
        note(request)
        response.writeHead(404).end()
      },
      (response, request) => {
        note(request)
        response.writeHead(200).end('x')
      },
    ])
    await blobs.get('x')
    expect(dates.slice(1).map((date) => date?.slice(0, 11))).toEqual(['20130524T00', '20130524T00'])
  })

  test('for which the secret key is wrong says so, and nothing of what was signed', async () => {
    const text = '<Error><Code>SignatureDoesNotMatch</Code><StringToSign>geheim</StringToSign></Error>'
    const error = await scripted([(response) => response.writeHead(403).end(text)]).catch((thrown) => thrown)
    expect([error.code, error.message]).toEqual([
      'INVALID_INPUT',
      expect.stringContaining('AWS_SECRET_ACCESS_KEY does not belong to AWS_ACCESS_KEY_ID'),
    ])
    expect(error.message).not.toContain('geheim')
  })

  test('that refuses later is waited for: the reason is said, nothing of what was signed', async () => {
    const text = '<Error><Code>AccessDenied</Code><StringToSign>geheim</StringToSign></Error>'
    const blobs = await scripted([
      (response) => response.writeHead(404).end(),
      (response) => response.writeHead(403).end(text),
      (response) =>
        response.writeHead(301, { 'x-amz-bucket-region': 'eu-west-3' }).end('<Code>PermanentRedirect</Code>'),
    ])
    await expect(blobs.put('x', bytes('x'))).rejects.toMatchObject({
      code: 'RESOURCE_UNAVAILABLE',
      message: expect.stringMatching(/these keys lack a right \(403 AccessDenied\); they need to get, put and delete/),
    })
    await expect(blobs.get('x')).rejects.toThrow('add ?region=eu-west-3')
  })
})

test('a place that is none is refused, without what may be a secret in it', () => {
  const wrong = {
    '': 'it is empty',
    's3://AB': 'the bucket "AB" is not the name of one',
    's3://key:geheim@runs/x': 'it holds keys',
    's3://runs?endpoint=minio:9000': 'its "endpoint" is not an address',
    's3://runs?endpoint=http://a:geheim@b': 'more than an address',
    's3://runs?secret=geheim': 'it has the option "secret"; there are endpoint and region',
    'gs://bucket': 'neither a folder nor s3://',
  }
  for (const [text, said] of Object.entries(wrong)) {
    expect(() => blobPlace(text, home), text).toThrow(said)
    expect(() => blobPlace(text, home), text).not.toThrow('geheim')
  }
  expect(blobPlace('runs/blobs', '/srv')).toEqual({ type: 'folder', path: '/srv/runs/blobs' })
})

test('a store that is no database keeps its blobs itself, whatever the environment says', () => {
  const env = { STEPFLOW_BLOBS: '/srv/blobs' }
  expect(blobsOf({ type: 'memory' }, { env })).toBeUndefined()
  expect(blobsOf({ type: 'sqlite', path: 'runs.db' }, { env })).toBeUndefined()
  expect(() => blobsOf({ type: 'sqlite', path: 'runs.db' }, { blobs: '/srv/blobs' })).toThrow(
    '--blobs goes with a store in PostgreSQL: a file keeps its blobs itself',
  )
})

// ---

type Script = (response: ServerResponse, request: IncomingMessage) => void

/** A bucket that answers so, one request after the other. */
async function scripted(scripts: Script[], clock = hasty): Promise<BlobStorage> {
  const server = createServer((request, response) => {
    request.resume().once('end', () => scripts.shift()?.(response, request))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  afterAll(() => new Promise((resolve) => server.close(resolve).closeAllConnections()))
  const { port } = server.address() as AddressInfo
  return openBucket(bucketAt(`s3://runs?endpoint=http://127.0.0.1:${port}`), { env: KEYS, clock })
}

function files(folder: string): number {
  try {
    return readdirSync(join(folder, 'aa')).length
  } catch {
    return 0
  }
}

function aliases(): string[] {
  return [`--alias:@stepflow/engine=${join(root, 'packages/engine/src/index.ts')}`]
}
