// Whether this machine can make a jail: the programs that it takes, found once, and one jail made for trying.

import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { hasNobodyElse, jailed, type Tools } from './walls.ts'

/** Why no jail can be made here, as a sentence without its full stop; undefined where one can, and it holds. */
export function whyNoJail(): string | undefined {
  found ??= look()
  return 'missing' in found ? `this machine has no jail for code: ${found.missing}` : undefined
}

/** The programs; only where there is no reason why not. */
export function jailTools(): Tools | undefined {
  found ??= look()
  return 'missing' in found ? undefined : found
}

// ---

/** Found out once: it does not change while a process lives. */
let found: Tools | { readonly missing: string } | undefined

function look(): Tools | { readonly missing: string } {
  if (process.platform !== 'linux') return { missing: 'that takes Linux' }
  const names = ['unshare', 'mount', 'umount', 'pivot_root', 'setpriv', 'prlimit']
  const paths = names.map(pathOf)
  const absent = names.filter((_, i) => paths[i] === undefined).map((name) => `"${name}"`)
  if (absent.length > 0) {
    const [programs, are] = absent.length === 1 ? ['program', 'is'] : ['programs', 'are']
    return { missing: `the ${programs} ${absent.join(', ')} (of util-linux) ${are} not on the PATH` }
  }
  const [unshare, mount, umount, pivotRoot, setpriv, prlimit] = paths as [
    string,
    string,
    string,
    string,
    string,
    string,
  ] // none is absent
  const tools = { unshare, mount, umount, pivotRoot, setpriv, prlimit }
  if (!existsSync(`/proc/self/task/${process.pid}/children`)) {
    return { missing: 'the kernel does not list the children of a process (CONFIG_PROC_CHILDREN)' }
  }
  if (hasNobodyElse()) return { missing: 'this root has no second user id to run code as (/proc/self/uid_map)' }
  const [command, ...args] = jailed({ command: '/bin/sh', args: ['-c', ':'], env: {}, needs: [] }, tools)
  const { error, status, stderr } = spawnSync(command as string, args, { env: {}, timeout: 30_000, encoding: 'utf8' })
  if (error) return { missing: `"setpriv" does not answer (${error.message})` }
  return status === 0 ? tools : { missing: whyRefusedByKernel(stderr) }
}

function pathOf(program: string): string | undefined {
  // The last two are where pivot_root is, and what the PATH of an ordinary user leaves out.
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin']
  return folders.map((folder) => join(folder, program)).find((path) => path.startsWith('/') && isExecutable(path))
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function whyRefusedByKernel(stderr: string): string {
  const said = stderr.trim().split('\n')[0] ?? ''
  const causes = [
    ['/proc/sys/user/max_user_namespaces', '0', 'the kernel gives no user name spaces (user.max_user_namespaces is 0)'],
    [
      '/proc/sys/kernel/unprivileged_userns_clone',
      '0',
      'the kernel gives user name spaces to root only (kernel.unprivileged_userns_clone is 0)',
    ],
    [
      '/proc/sys/kernel/apparmor_restrict_unprivileged_userns',
      '1',
      'AppArmor keeps user name spaces from ordinary programs (kernel.apparmor_restrict_unprivileged_userns is 1)',
    ],
  ] as const
  const cause = causes.find(([file, value]) => existsSync(file) && readFileSync(file, 'utf8').trim() === value)
  return cause ? `${cause[2]}: ${said}` : `the system gives no name spaces: ${said}`
}
