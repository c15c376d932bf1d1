// The command that starts a program in a jail, by util-linux alone: name spaces, a root file system of its own, no
// capabilities, limits. It only words the command; jail.ts starts it.
//
// W1. A jail has name spaces of its own for users, network, processes, mounts, IPC and the host's name, and can make none.
// W2. Its root has /usr and what the interpreter needs, read-only; /proc of its own; /dev/null, /dev/urandom; an empty /tmp.
// W3. Whoever is in it has no capabilities, gains none, and counts against limits of its own.
// W4. No file that this process has open is open in it but those that it is given (inherited-files.ts).
// W5. It ends with the process that started it, however that ends: its first process is one that code cannot reach.

import { lstatSync, readFileSync, readlinkSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { FILE_MB, MOST_OPEN_FILES, MOST_PROCESSES, SCRATCH_MB } from './limits.ts'

export interface Inmate {
  readonly command: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** Files and folders that have to be there; those under /usr are there anyway. */
  readonly needs: readonly string[]
  readonly cpuSeconds?: number
  /** RLIMIT_DATA. */
  readonly dataBytes?: number
}

/** The programs of util-linux that make a jail: their absolute paths. */
export interface Tools {
  readonly unshare: string
  readonly mount: string
  readonly umount: string
  readonly pivotRoot: string
  readonly setpriv: string
  readonly prlimit: string
}

/** Who starts a jail: root has to become somebody else in it. */
export type Starter = 'root' | 'user'

export function jailed(inmate: Inmate, tools: Tools, starter = thisStarter()): string[] {
  const spaces = ['--mount', '--net', '--pid', '--ipc', '--uts', '--fork', '--kill-child']
  const ours = starter === 'root' ? spaces : ['--user', '--map-root-user', ...spaces]
  return [
    ...[tools.setpriv, '--pdeathsig', 'KILL', '--', tools.unshare, ...ours, '--'],
    ...['/bin/sh', '-c', script(inmate, tools, starter), 'sh', inmate.command, ...inmate.args],
  ]
}

/** Root of a name space in which nobody else has a number: code would run as root. */
export function hasNobodyElse(): boolean {
  return thisStarter() === 'root' && unusedId() === 0
}

/** Sets RLIMIT_DATA of a process that runs in a jail. */
export function limitData(pid: number, bytes: number, tools: Tools): string[] {
  return [...asInmate(tools, thisStarter()), tools.prlimit, `--pid=${pid}`, `--data=${bytes}`]
}

// ---

/** Hidden by a file system in memory, where the new root is made; whatever code needs, it does not lie here. */
const ROOT = '/sys'

/** Process 1 of the jail. It stays as it is until the code's process has ended, so that all others end with it. */
function script(inmate: Inmate, tools: Tools, starter: Starter): string {
  const shown = shownPaths(inmate.needs)
  const inScratch = shown.filter((path) => isIn(path, '/tmp'))
  const { links, folders } = systemFolders()
  const binds = [...folders, ...shown.filter((path) => !inScratch.includes(path))]
  const table = [
    ...binds.map((path) => `${field(path)} ${field(ROOT + path)} none rbind,ro,nosuid,nodev 0 0`),
    ...['/dev/null', '/dev/urandom'].map((path) => `${path} ${ROOT}${path} none bind,nosuid,noexec 0 0`),
    `proc ${ROOT}/proc proc nosuid,nodev,noexec 0 0`,
    `scratch ${ROOT}/tmp tmpfs size=${SCRATCH_MB}m,nr_inodes=4096,mode=1777,nosuid,nodev 0 0`,
  ]
  const limits = [
    ...[`--nproc=${MOST_PROCESSES}`, `--nofile=${MOST_OPEN_FILES}`, `--fsize=${FILE_MB * 2 ** 20}`, '--core=0'],
    ...['--msgqueue=0', '--memlock=65536'],
    ...(inmate.cpuSeconds === undefined ? [] : [`--cpu=${inmate.cpuSeconds}:${inmate.cpuSeconds + 1}`]),
    ...(inmate.dataBytes === undefined ? [] : [`--data=${inmate.dataBytes}`]),
  ]
  const confine = [
    ...[tools.setpriv, '--no-new-privs', '--bounding-set=-all', '--inh-caps=-all', '--ambient-caps=-all', '--'],
    ...[tools.prlimit, ...limits, '--'],
  ]
  return [
    'set -e',
    // Memory that belongs to no process would count against no limit.
    'for kind in shmmni msgmni; do echo 0 > /proc/sys/kernel/$kind || true; done 2>/dev/null',
    `${tools.mount} -t tmpfs -o size=256k,nr_inodes=1024,mode=755,nosuid,nodev jail ${ROOT}`,
    `cd ${ROOT}`,
    ...makePlaces(binds),
    ...links,
    `printf %s ${quoted(table.map((line) => `${line}\n`).join(''))} > tmp/fstab`,
    `${tools.mount} -a -T tmp/fstab`,
    ...inScratch.flatMap((path) => [
      ...makePlaces([path]),
      `${tools.mount} -o rbind,ro,nosuid,nodev ${quoted(path)} ${quoted(ROOT + path)}`,
    ]),
    ...readOnlyBelow([...binds, ...inScratch]).map((mount) => `${tools.mount} ${mount}`),
    // The old root lies over the scratch folder for a moment: so no place has to be made for it.
    `${tools.pivotRoot} . tmp`,
    `${tools.umount} -l /tmp`,
    `${tools.mount} -o remount,bind,ro,nosuid,nodev /`,
    'cd /tmp',
    'set +e',
    // The new user name space has no power over the others, and lets none be made in it.
    `${[...asInmate(tools, starter), tools.unshare].map(quoted).join(' ')} --user --map-root-user -- /bin/sh -c ` +
      `'unset PWD OLDPWD; echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"' sh ${confine.map(quoted).join(' ')} "$@"`,
    'exit $?',
  ].join('\n')
}

/** Each in /usr or in another one left out. */
function shownPaths(needs: readonly string[]): string[] {
  const outside = [...new Set(needs)].filter(
    (path) => !['/usr', '/bin', '/sbin', '/lib', '/lib64'].some(isAround(path)),
  )
  return outside.filter((path) => !outside.some((other) => other !== path && isIn(path, other))).sort()
}

/** /usr, and what stands beside it: folders on some systems, links into it on most. */
function systemFolders(): { links: string[]; folders: string[] } {
  const links: string[] = []
  const folders = ['/usr']
  for (const name of ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32']) {
    const found = lstatSync(`/${name}`, { throwIfNoEntry: false })
    if (found?.isSymbolicLink()) links.push(readlinkSync(`/${name}`), name)
    else if (found?.isDirectory()) folders.push(`/${name}`)
  }
  return { links: linkCommands(links), folders }
}

/** One command for all links that have the name of what they lead to, as they do wherever everything is in /usr. */
function linkCommands(pairs: readonly string[]): string[] {
  const together: string[] = []
  const alone: string[] = []
  for (let i = 0; i < pairs.length; i += 2) {
    const [target, name] = [pairs[i] as string, pairs[i + 1] as string] // they come in pairs
    if (basename(target) === name) together.push(quoted(target))
    else alone.push(`ln -s ${quoted(target)} ${quoted(name)}`)
  }
  return together.length === 0 ? alone : [`ln -s ${together.join(' ')} .`, ...alone]
}

/** What something can be mounted on, for each path; in the folder that becomes the root. */
function makePlaces(paths: readonly string[]): string[] {
  const isFolder = (path: string) => lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true
  const folders = paths.map((path) => (isFolder(path) ? path : dirname(path)))
  const all = [...new Set(folders), '/proc', '/dev', '/tmp'].filter((path) => path !== '/')
  const files = ['/dev/null', '/dev/urandom', ...paths.filter((path) => !isFolder(path))]
  return [
    `mkdir -p ${all.map((path) => quoted(`.${path}`)).join(' ')}`,
    ...files.map((path) => `: >> ${quoted(`.${path}`)}`),
  ]
}

/** A bind mount is read-only, but not what is mounted below it: each of those is made so by itself. */
function readOnlyBelow(binds: readonly string[]): string[] {
  const below: string[] = []
  for (const line of readFileSync('/proc/self/mountinfo', 'utf8').split('\n')) {
    const [, , , , place, options] = line.split(' ')
    if (place === undefined || options === undefined) continue
    const path = place.replace(/\\([0-7]{3})/g, (_, code) => String.fromCharCode(Number.parseInt(code, 8)))
    if (!binds.some((bind) => bind !== path && isIn(path, bind))) continue
    const kept = options.split(',').includes('noexec') ? ',noexec' : ''
    below.push(`-o remount,bind,ro,nosuid,nodev${kept} ${quoted(ROOT + path)}`)
  }
  return below
}

/** What a command begins with that runs as whoever is in the jail: root may lack the power over its limits. */
function asInmate({ setpriv }: Tools, starter: Starter): string[] {
  const user = unusedId()
  return starter === 'root' ? [setpriv, `--reuid=${user}`, `--regid=${user}`, '--clear-groups', '--'] : []
}

function thisStarter(): Starter {
  return process.geteuid?.() === 0 ? 'root' : 'user'
}

/** An id that nobody has, out of those that this process may give: the kernel counts processes by it. */
function unusedId(): number {
  const wanted = 1_900_000_000
  const ranges = readFileSync('/proc/self/uid_map', 'utf8').trim().split('\n')
  const ends = ranges.map((range) => {
    const [first = 0, , count = 0] = range.trim().split(/\s+/).map(Number)
    return first + count - 1
  })
  const last = Math.max(...ends)
  // 65534 and 65535 are "nobody" and "no id".
  return last >= wanted ? wanted : last >= 65_533 ? Math.min(last, 65_533) : last
}

function isIn(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder === '/' ? '/' : `${folder}/`)
}

function isAround(path: string): (folder: string) => boolean {
  return (folder) => isIn(path, folder)
}

/** For the shell. */
function quoted(text: string): string {
  return /^[\w./=:-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}

/** For fstab. */
function field(path: string): string {
  return path.replace(/[\s\\#]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`)
}
