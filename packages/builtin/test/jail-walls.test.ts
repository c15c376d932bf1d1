// The outer walls, from inside: a Python without any inner wall, which may call whatever the C library has. As root, and as
// an ordinary user.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { chmodSync, chownSync, copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { withoutInherited } from '../src/jail/inherited-files.ts'
import { interpreterOf } from '../src/jail/interpreters.ts'
import { descendantsOf } from '../src/jail/processes.ts'
import { jailTools, whyNoJail } from '../src/jail/util-linux.ts'
import { jailed, type Starter, type Tools } from '../src/jail/walls.ts'

const isRoot = process.geteuid?.() === 0
const SYSTEM_PYTHON = '/usr/bin/python3'
/** Whom root becomes for trying what an ordinary user can. */
const SOMEBODY = ['--reuid=65532', '--regid=65532', '--clear-groups', '--']
const starters: Starter[] = isRoot ? ['root', 'user'] : ['user']

async function commandOf(
  source: string,
  starter: Starter,
  tools: Tools,
): Promise<{ words: string[]; needs: readonly string[] }> {
  const isOther = isRoot && starter === 'user'
  // That of root may lie where only root can look.
  const { command, needs } = isOther ? { command: SYSTEM_PYTHON, needs: [] } : await interpreterOf('python', 256)
  const words = jailed({ command, args: ['-I', '-B', '-c', source], env: {}, needs }, tools, starter)
  return { words: isOther ? [tools.setpriv, ...SOMEBODY, ...words] : words, needs }
}

const PROBES = String.raw`
import ctypes, errno, fcntl, json, os, resource, signal, socket, struct, sys, time
libc = ctypes.CDLL(None, use_errno=True)
host = json.loads(sys.stdin.readline())
found = {}

def tried(name, attack):
    try:
        found[name] = attack()
    except OSError as error:
        found[name] = errno.errorcode.get(error.errno, str(error))
    except Exception as error:
        found[name] = type(error).__name__

def attack(name, how):
    tried("attack: " + name, how)

def call(function, *arguments):
    if function(*arguments) == -1:
        raise OSError(ctypes.get_errno(), "")
    return "done"

def read(path):
    with open(path, "rb") as file:
        return file.read(100).decode("latin-1")

def connect(family, address):
    with socket.socket(family) as client:
        client.settimeout(2)
        client.connect(address)
    return "connected"

def own_loopback():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        return connect(socket.AF_INET, server.getsockname())

def written(path, size=1):
    with open(path, "wb", buffering=0) as file:
        while size > 0:
            size -= file.write(b"x" * min(size, 2 ** 20))
    return "written"

status = dict(line.split(":", 1) for line in open("/proc/self/status").read().strip().split("\n"))

tried("ids", lambda: [os.getuid(), os.getgid(), os.getgroups()])
tried("capabilities", lambda: [int(status[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")])
tried("no new privileges", lambda: status["NoNewPrivs"].strip())
tried("environment", lambda: sorted(key for key in os.environ if key not in ("LC_CTYPE", "_", "SHLVL")))

def open_files():
    # The one with which the folder is listed is gone by the time it is looked at.
    listed = ["/proc/self/fd/" + fd for fd in os.listdir("/proc/self/fd") if int(fd) > 3]
    return [os.readlink(path) for path in listed if os.path.islink(path)]
tried("open files of others", open_files)
tried("root", lambda: sorted(name for name in os.listdir("/") if not name.startswith("lib") and name not in ("bin", "sbin")))
tried("devices", lambda: sorted(os.listdir("/dev")))
tried("processes", lambda: len([pid for pid in os.listdir("/proc") if pid.isdigit()]))

def interfaces_up():
    names = [line.split(":")[0].strip() for line in open("/proc/net/dev").read().strip().split("\n")[2:]]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        flags = [fcntl.ioctl(asker, 0x8913, struct.pack("16sH14x", name.encode(), 0)) for name in names]
    return [name for name, answer in zip(names, flags) if struct.unpack("16sH14x", answer)[1] & 1]
tried("interfaces that are up", interfaces_up)
attack("host name", lambda: call(libc.sethostname, b"ours", 4))

attack("loopback of the host", lambda: connect(socket.AF_INET, ("127.0.0.1", host["port"])))
attack("abstract socket of the host", lambda: connect(socket.AF_UNIX, "\0" + host["abstract"]))
attack("own loopback", own_loopback)
attack("packets", lambda: str(socket.socket(socket.AF_PACKET, socket.SOCK_RAW)))
for path in ("/etc", "/etc/passwd", "/sys", "/var", "/run", "/boot", "/proc/%d/environ" % host["pid"]):
    attack(path, lambda: os.stat(path) and "there")
for path in ("/proc/1/environ", "/proc/1/mem", "/proc/kcore", "/proc/kmsg"):
    attack(path, lambda: read(path))
for path in ("/proc/1/root", "/proc/1/cwd", "/proc/1/exe", "/proc/1/fd/0", "/proc/1/ns/mnt"):
    attack(path, lambda: os.readlink(path))
attack("root of process 1", lambda: os.listdir("/proc/1/root/etc"))
attack("link to the host", lambda: os.symlink("/etc/passwd", "/tmp/link") or read("/tmp/link"))
attack("out of the root", lambda: os.stat("/../../../etc") and "there")

for path in ("/x", "/usr/x", "/dev/x", "/proc/x", "/proc/sys/kernel/hostname", "/proc/sysrq-trigger", "/proc/1/oom_score_adj",
             "/proc/sys/user/max_user_namespaces", "/proc/sys/kernel/core_pattern"):
    attack("write " + path, lambda: written(path))
for path in ("/proc/self/exe", sys.executable, os.__file__):
    attack("write " + ("os.py" if path == os.__file__ else "python" if path == sys.executable else path), lambda: os.open(path, os.O_RDWR))
attack("chmod of python", lambda: os.chmod(sys.executable, 0o777))
attack("device", lambda: os.mknod("/tmp/sda", 0o600 | 0o060000, os.makedev(8, 0)))
attack("mount", lambda: call(libc.mount, b"none", b"/tmp", b"tmpfs", 0, None))
attack("remount", lambda: call(libc.mount, None, b"/", None, 32 | 4096, None))
attack("unmount", lambda: call(libc.umount2, b"/tmp", 2))
attack("chroot", lambda: os.chroot("/tmp"))
for name, flag in (("user", 0x10000000), ("mount", 0x20000), ("net", 0x40000000), ("pid", 0x20000000), ("ipc", 0x8000000), ("uts", 0x4000000)):
    attack("new %s name space" % name, lambda: call(libc.unshare, flag))
attack("another user", lambda: os.setuid(1) or "done")
attack("another group", lambda: os.setgroups([0]) or "done")
attack("trace process 1", lambda: call(libc.ptrace, 16, 1, 0, 0))
attack("signal to process 1", lambda: os.kill(1, signal.SIGKILL))
attack("stop of process 1", lambda: os.kill(1, signal.SIGSTOP))
attack("signal to the host", lambda: os.kill(host["pid"], 0))
attack("priority", lambda: os.nice(-5))
attack("clock", lambda: time.clock_settime(time.CLOCK_REALTIME, time.time()))
attack("reboot", lambda: call(libc.reboot, 0x1234567))

for name in ("NPROC", "NOFILE", "FSIZE", "CORE", "MSGQUEUE"):
    kind = getattr(resource, "RLIMIT_" + name, 12)
    tried("limit " + name, lambda: list(resource.getrlimit(kind)))
    attack("raise " + name, lambda: resource.setrlimit(kind, (2 ** 40, 2 ** 40)))
attack("shared memory", lambda: call(libc.shmget, 0, 4096, 0o1600))
attack("message queue", lambda: call(libc.msgget, 0, 0o1600))
attack("file of 17 MB", lambda: written("/tmp/large", 17 * 2 ** 20))
attack("memory in a file", lambda: os.truncate(os.memfd_create("m"), 17 * 2 ** 20))

def fill():
    for n in range(8):
        written("/tmp/full%d" % n, 15 * 2 ** 20)
attack("full scratch", fill)
for n in range(8):
    if os.path.exists("/tmp/full%d" % n): os.remove("/tmp/full%d" % n)

def many_files():
    kept = []
    try:
        for n in range(100): kept.append(os.open("/dev/null", os.O_RDONLY))
    finally:
        for fd in kept: os.close(fd)
attack("many files", many_files)

def bomb():
    for n in range(1000):
        try:
            if os.fork() == 0:
                time.sleep(60)
                os._exit(0)
        except OSError as error:
            return [n <= 64, errno.errorcode[error.errno]]
    return "no limit"
tried("fork bomb", bomb)
os.write(1, json.dumps(found).encode())
`

/** What an attack ends with: an error of the system, whichever a kernel gives, or Python's word for it. */
const no = expect.stringMatching(/^(E[A-Z0-9]+|ValueError)$/)

const missing = whyNoJail()
if (missing !== undefined) test.skip(`skipped: ${missing}`, () => {})
else describe.each(starters)('in a jail that was started by %s', walls)

function walls(starter: Starter): void {
  const tools = jailTools() as Tools // none is missing
  if (isRoot && starter === 'user') {
    if (!existsSync(SYSTEM_PYTHON)) {
      return test.skip(`skipped: an ordinary user has no ${SYSTEM_PYTHON} here`, () => {})
    }
    const words = jailed({ command: '/bin/sh', args: ['-c', ':'], env: {}, needs: [] }, tools, starter)
    const { status, stderr } = spawnSync(tools.setpriv, [...SOMEBODY, ...words], {
      env: {},
      cwd: '/',
      encoding: 'utf8',
    })
    if (status !== 0) return test.skip(`skipped: an ordinary user gets no jail here: ${stderr}`, () => {})
  }
  const found = new Map<string, unknown>()
  const server = createServer((socket) => void socket.destroy())
  const abstract = createServer((socket) => void socket.destroy())
  let shown: string[] = []

  beforeAll(async () => {
    const name = `stepflow-test-${process.pid}`
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    await new Promise<void>((resolve) => abstract.listen(`\0${name}`, resolve))
    shown = (await commandOf('', starter, tools)).needs.flatMap((path) => path.split('/')[1] ?? [])
    const { port } = server.address() as AddressInfo // it listens on one
    const { words } = await commandOf(PROBES, starter, tools)
    const child = start(words)
    child.stdin?.end(`${JSON.stringify({ port, abstract: name, pid: process.pid })}\n`)
    const { out, err } = await endOf(child)
    expect(err).toBe('')
    for (const [key, value] of Object.entries(JSON.parse(out))) found.set(key, value)
  }, 60_000)
  afterAll(() => {
    server.close()
    abstract.close()
  })

  test('there are no capabilities, and no new privileges', () => {
    expect(found.get('capabilities')).toEqual([0, 0, 0, 0, 0])
    expect(found.get('no new privileges')).toBe('1')
    expect(found.get('ids')).toEqual([0, 0, []])
  })

  test('there is nothing but what an interpreter needs', () => {
    expect(found.get('root')).toEqual([...new Set(['dev', 'proc', 'tmp', 'usr', ...shown])].sort())
    expect(found.get('devices')).toEqual(['null', 'urandom'])
    expect(found.get('processes')).toBe(2)
    // A kernel may put tunnels beside "lo" into every name space.
    expect(found.get('interfaces that are up')).toEqual([])
    expect(found.get('environment')).toEqual([])
    const others = found.get('open files of others') as string[]
    expect(others.filter((path) => path !== '/dev/null')).toEqual([])
  })

  test('nothing of the host can be reached, written, traced or changed', () => {
    expect(found.size).toBeGreaterThan(70)
    const attacks = [...found.keys()].filter((key) => key.startsWith('attack: '))
    // Process 1 of a name space passes over signals from inside it.
    const passedOver = starter === 'user' ? ['attack: signal to process 1', 'attack: stop of process 1'] : []

    const through = attacks.filter((key) => !passedOver.includes(key) && !no.asymmetricMatch(found.get(key)))

    expect(through.map((key) => [key, found.get(key)])).toEqual([])
  })

  test('limits are those of the jail, and cannot be raised', () => {
    const hard = (name: string) => (found.get(`limit ${name}`) as number[])[1]

    expect(['NPROC', 'NOFILE', 'FSIZE', 'CORE', 'MSGQUEUE'].map(hard)).toEqual([64, 32, 16 * 2 ** 20, 0, 0])
    expect(found.get('fork bomb')).toEqual([true, 'EAGAIN'])
  })

  test('an interpreter that belongs to whoever is in the jail cannot be written, wherever it lies', async () => {
    const own = mkdtempSync(join(tmpdir(), 'stepflow-walls-'))
    onTestFinished(() => rmSync(own, { recursive: true }))
    const shell = join(own, 'a shell')
    copyFileSync('/bin/sh', shell)
    chmodSync(own, 0o755)
    if (isRoot && starter === 'user') for (const path of [own, shell]) chownSync(path, 65532, 65532)
    const attack = `(: >> "$0") || (: >> /proc/$$/exe) || rm -f "$0" || mv "$0" /tmp/x || echo kept`
    const inmate = { command: shell, args: ['-c', attack, shell], env: {}, needs: [shell] }
    const words = jailed(inmate, tools, starter)

    const { out } = await endOf(start(isRoot && starter === 'user' ? [tools.setpriv, ...SOMEBODY, ...words] : words))

    expect(out).toBe('kept\n')
  })

  test('its processes end with the one that started it, even those that turned away from it', async () => {
    const { words } = await commandOf(LONELY, starter, tools)
    // A program that does nothing but start a jail, so that it can be killed.
    const parent = spawn(process.execPath, ['--eval', PARENT, ...words], { stdio: ['pipe', 'pipe', 'inherit'] })
    await new Promise((resolve) => parent.stdout?.once('data', resolve))
    const inside = descendantsOf(parent.pid as number)
    expect(inside.length).toBeGreaterThanOrEqual(4)

    parent.kill('SIGKILL')

    await expect.poll(() => inside.filter(isAlive), { timeout: 30_000 }).toEqual([])
  })
}

// ---

/** Turns away from its parent, its session and its process group, and stays. */
const LONELY = `
import ctypes, os, time
if os.fork() == 0:
    os.setsid()
    ctypes.CDLL(None).prctl(1, 0, 0, 0, 0)
    os.write(1, b"gone")
    while True: time.sleep(60)
ctypes.CDLL(None).prctl(1, 0, 0, 0, 0)
while True: time.sleep(60)
`

const PARENT = `
const { spawn } = require('node:child_process')
const [command, ...args] = process.argv.slice(1)
spawn(command, args, { env: {}, cwd: '/', detached: true, stdio: ['pipe', 'inherit', 'inherit'] })
`

function start([command, ...args]: string[]): ChildProcess {
  return withoutInherited(['pipe', 'pipe', 'pipe', 'pipe'], (stdio) =>
    spawn(command as string, args, { env: {}, cwd: '/', detached: true, stdio }),
  )
}

async function endOf(child: ChildProcess): Promise<{ out: string; err: string }> {
  let [out, err] = ['', '']
  child.stdout?.on('data', (chunk) => {
    out += chunk
  })
  child.stderr?.on('data', (chunk) => {
    err += chunk
  })
  await new Promise((resolve) => child.on('close', resolve))
  return { out, err }
}

function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}
