// What stands in deploy/ fits together, and fits the program. No container is started: that takes Docker or Kubernetes.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isRecord, parseDuration } from '@stepflow/engine'
import { loadConfig } from '@stepflow/host'
import { describe, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { parseArgs } from '../packages/stepflow/src/cli/args.ts'
import { commands } from '../packages/stepflow/src/cli/command-table.ts'
import { root } from './stepflow.ts'

const folder = join(root, 'deploy')
const compose = documents('compose.yaml')[0] as Compose
const services = Object.entries(compose.services)
const ours = services.filter(([, { image }]) => image.startsWith('stepflow:'))
const manifests = readdirSync(join(folder, 'kubernetes')).flatMap(
  (name) => documents(`kubernetes/${name}`) as Manifest[],
)
const named = (kind: string, name: string) => manifests.find((one) => one.kind === kind && one.metadata.name === name)
const pods = manifests.flatMap(({ metadata, spec }) => {
  const pod = spec?.template?.spec
  return pod ? [{ name: metadata.name, pod, container: pod.containers[0] as Container }] : []
})

test('every command line is one that the program understands', async ({ skip }) => {
  if (!commands.some(({ name }) => name === 'worker')) skip('this program has no workers')
  const lines = [...ours.map(([, { command }]) => command), ...pods.map(({ container }) => container.args)]
  expect(lines.map(([name]) => name).sort()).toEqual(['migrate', 'migrate', 'serve', 'serve', 'worker', 'worker'])
  for (const [name, ...words] of lines) {
    const command = await commands.find((one) => one.name === name)?.load()
    if (!command) throw new Error(`there is no command ${name}`)
    const args = parseArgs(command, words)
    expect(args.operands).toEqual([])
    const drain = args.value('drain')
    if (name !== 'migrate') expect(parseDuration(drain as string)).toBeGreaterThan(0)
  }
})

test('all run one image, of this version', () => {
  const { version } = JSON.parse(readFileSync(join(root, 'packages/stepflow/package.json'), 'utf8'))
  const images = [...ours.map(([, { image }]) => image), ...pods.map(({ container }) => container.image)]
  expect(new Set(images)).toEqual(new Set([`stepflow:${version}`]))
  expect(readFileSync(join(folder, 'Dockerfile'), 'utf8')).toContain(`-t stepflow:${version} .`)
})

test('each has longer to end than it drains', () => {
  const drainOf = (words: readonly string[]) => parseDuration(words[words.indexOf('--drain') + 1] as string) as number
  for (const [name, { command, stop_grace_period: grace = '10s' }] of ours) {
    if (name !== 'migrate') expect(parseDuration(grace)).toBeGreaterThan(drainOf(command))
  }
  for (const { name, pod, container } of pods) {
    if (name === 'stepflow-migrate') continue
    const wait = Number(container.lifecycle?.preStop.exec.command[1]) * 1_000
    expect((pod.terminationGracePeriodSeconds ?? 0) * 1_000).toBeGreaterThan(wait + drainOf(container.args))
  }
})

test('what is set in the environment is something that is read', () => {
  const sources = sourcesOf(join(root, 'packages')).map((file) => readFileSync(file, 'utf8'))
  const names = [
    ...ours.flatMap(([, { environment = {} }]) => Object.keys(environment)),
    ...pods.flatMap(({ container }) => container.env.map(({ name }) => name)),
  ]
  for (const name of new Set(names)) {
    // The library for PostgreSQL reads the password; the name of the node stands in its own command line.
    if (name === 'PGPASSWORD') continue
    const isUsed = pods.some(({ container }) => container.args.includes(`$(${name})`))
    expect(isUsed || sources.some((text) => text.includes(name)), name).toBe(true)
  }
})

describe('the compose file', () => {
  test('starts nodes after the schema, and the schema after the database', () => {
    for (const [name, { depends_on: needs = {} }] of ours) {
      for (const need of Object.keys(needs)) expect(compose.services, name).toHaveProperty(need)
    }
    expect(compose.services.migrate?.depends_on).toEqual({ postgres: { condition: 'service_healthy' } })
    for (const name of ['serve', 'worker']) {
      expect(compose.services[name]?.depends_on?.migrate).toEqual({ condition: 'service_completed_successfully' })
    }
    expect(compose.services.worker?.deploy?.replicas).toBe(2)
  })

  test('asks each node where it listens', () => {
    expect(probed('serve')).toBe('7837')
    expect(probed('worker')).toBe(portOf(compose.services.worker?.command ?? [], '7838'))
    expect(compose.services.serve?.ports).toEqual(['127.0.0.1:7837:7837'])

    function probed(name: string): string | undefined {
      return /127\.0\.0\.1:(\d+)\/ready/.exec(compose.services[name]?.healthcheck?.test.join(' ') ?? '')?.[1]
    }
  })

  test('mounts what is there, and declares its volumes', () => {
    for (const [, { volumes = [] }] of services) {
      for (const volume of volumes) {
        const from = volume.split(':')[0] as string
        if (from.startsWith('.')) expect(existsSync(join(folder, from)), from).toBe(true)
        else expect(compose.volumes).toHaveProperty(from)
      }
    }
  })
})

describe('the manifests of Kubernetes', () => {
  test('ask each node where it listens: health, readiness and start', () => {
    for (const { name, container } of pods) {
      if (name === 'stepflow-migrate') continue
      const [port] = container.ports ?? []
      expect(portOf(container.args, '7837')).toBe(String(port?.containerPort))
      for (const [probe, path] of [
        ['livenessProbe', '/health'],
        ['readinessProbe', '/ready'],
        ['startupProbe', '/health'],
      ] as const) {
        expect(container[probe]?.httpGet).toEqual({ path, port: port?.name })
      }
    }
  })

  test('select the pods that they are about', () => {
    for (const { kind, metadata, spec } of manifests) {
      const selector = kind === 'Service' ? spec?.selector : (spec?.selector as { matchLabels?: object })?.matchLabels
      if (!selector) continue
      const fits = manifests.filter(({ spec: other }) => isPart(selector, other?.template?.metadata?.labels))
      expect(fits.length, `${kind} ${metadata.name}`).toBe(1)
    }
    const port = named('Service', 'stepflow')?.spec?.ports?.[0]
    expect(port?.targetPort).toBe(pods.find(({ name }) => name === 'stepflow-serve')?.container.ports?.[0]?.name)
  })

  test('take from the secret and the settings only what is in them', () => {
    const text = readFileSync(join(folder, 'kubernetes/settings.yaml'), 'utf8')
    const secret = [...text.matchAll(/--from-literal=([\w-]+)=/g)].map(([, key]) => key)
    const settings = Object.keys(named('ConfigMap', 'stepflow')?.data ?? {})
    for (const { container } of pods) {
      for (const { valueFrom } of container.env) {
        if (valueFrom.secretKeyRef) expect(secret).toContain(valueFrom.secretKeyRef.key)
        if (valueFrom.configMapKeyRef) expect(settings).toContain(valueFrom.configMapKeyRef.key)
      }
      for (const { subPath } of container.volumeMounts ?? []) if (subPath) expect(settings).toContain(subPath)
    }
  })

  test('migrate before they install anything', () => {
    expect(named('Job', 'stepflow-migrate')?.metadata.annotations?.['helm.sh/hook']).toBe('pre-install,pre-upgrade')
  })
})

test('the Dockerfile builds from what is there, for a Node that the program runs on', () => {
  const text = readFileSync(join(folder, 'Dockerfile'), 'utf8')
  const versions = [...text.matchAll(/^FROM node:(\d+)/gm)].map(([, version]) => Number(version))
  expect(versions.length).toBe(2)
  for (const version of versions) expect(version).toBeGreaterThanOrEqual(22)
  expect(text).toContain('\nENTRYPOINT ["tini", "--", "stepflow"]\n')
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  for (const [, script] of text.matchAll(/npm run (\w+)/g)) expect(scripts).toHaveProperty(script as string)
  expect(text).toMatch(/^EXPOSE 7837 7838$/m)
})

test('the configuration for the containers has no fault, in both places the same', async () => {
  const { diagnostics } = await loadConfig({ path: join(folder, 'srv/stepflow-config.yml'), cwd: folder, env: {} })
  expect(diagnostics).toEqual([])
  const text = readFileSync(join(folder, 'srv/stepflow-config.yml'), 'utf8').replace(/^#.*\n/, '')
  expect(named('ConfigMap', 'stepflow')?.data?.['stepflow-config.yml']).toBe(text)
})

// ---

interface Compose {
  readonly services: Readonly<Record<string, Service>>
  readonly volumes: object
}

interface Service {
  readonly image: string
  readonly command: readonly string[]
  readonly stop_grace_period?: string
  readonly environment?: Readonly<Record<string, string>>
  readonly depends_on?: Readonly<Record<string, object>>
  readonly deploy?: { readonly replicas: number }
  readonly healthcheck?: { readonly test: readonly string[] }
  readonly ports?: readonly string[]
  readonly volumes?: readonly string[]
}

interface Manifest {
  readonly kind: string
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> }
  readonly data?: Readonly<Record<string, string>>
  readonly spec?: {
    readonly selector?: object
    readonly ports?: readonly { readonly targetPort: string }[]
    readonly template?: { readonly metadata?: { readonly labels?: object }; readonly spec: Pod }
  }
}

interface Pod {
  readonly terminationGracePeriodSeconds?: number
  readonly containers: readonly Container[]
}

interface Container {
  readonly image: string
  readonly args: readonly string[]
  readonly env: readonly {
    readonly name: string
    readonly valueFrom: {
      readonly secretKeyRef?: { readonly key: string }
      readonly configMapKeyRef?: { readonly key: string }
    }
  }[]
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[]
  readonly livenessProbe?: Probe
  readonly readinessProbe?: Probe
  readonly startupProbe?: Probe
  readonly lifecycle?: { readonly preStop: { readonly exec: { readonly command: readonly string[] } } }
  readonly volumeMounts?: readonly { readonly subPath?: string }[]
}

interface Probe {
  readonly httpGet: object
}

/** Throws for what is no YAML, or has a key twice. */
function documents(name: string): unknown[] {
  return parseAllDocuments(readFileSync(join(folder, name), 'utf8'), { merge: true }).map((document) => {
    if (document.errors.length > 0) throw new Error(`${name}: ${document.errors[0]?.message}`)
    const value = document.toJS()
    if (!isRecord(value)) throw new Error(`${name} has a document that is no map`)
    return value
  })
}

function portOf(words: readonly string[], otherwise: string): string {
  const at = words.indexOf('--port')
  return at < 0 ? otherwise : (words[at + 1] as string)
}

function isPart(part: object, whole: object = {}): boolean {
  return Object.entries(part).every(([key, value]) => (whole as Record<string, unknown>)[key] === value)
}

function sourcesOf(at: string): string[] {
  return readdirSync(at, { withFileTypes: true }).flatMap((entry) => {
    if (['node_modules', 'dist', 'test', 'web'].includes(entry.name)) return []
    const path = join(at, entry.name)
    return entry.isDirectory() ? sourcesOf(path) : path.endsWith('.ts') ? [path] : []
  })
}
