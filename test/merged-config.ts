// One configuration for all conformance flows, for one worker that serves them all. Most bring the same one along; those of the
// others are led to by a prefix, which the steps of their plans get, too.

import { anywhere, builtinName } from '@stepflow/builtin/anywhere'
import { type Plan, systemClock } from '@stepflow/engine'
import { Document, isMap, isScalar, parseDocument, visit, type YAMLMap } from 'yaml'

const COMMON = {
  plugins: { builtin: { type: 'builtin' }, m: { type: 'module', path: './components.mjs' } },
  routes: { '/m/{*component}': [{ plugin: 'm' }], '/{*component}': [{ plugin: 'builtin' }] },
}

/** `texts`: of the flows, by name. The module that they share lies beside the configuration. */
export function mergedConfig(texts: ReadonlyMap<string, string>): string {
  const merged = new Document(COMMON)
  for (const [name, text] of texts) {
    const config = configOf(text)
    if (!config || isCommon(config)) continue
    const prefix = prefixOf(name)
    visit(config, {
      Pair(_, { key, value }) {
        if (!isScalar(key) || !isScalar(value)) return
        if (key.value === 'plugin' && value.value !== 'builtin') value.value = `${prefix.slice(1)}-${value.value}`
        if (key.value === 'path' && value.value === '../stepflow/components.mjs') value.value = './components.mjs'
      },
    })
    for (const [section, keyOf] of [
      ['plugins', (key: unknown) => `${prefix.slice(1)}-${key}`],
      ['routes', (key: unknown) => `${prefix}${key === '/' ? '' : key}`],
    ] as const) {
      for (const { key, value } of (config.get(section) as YAMLMap).items) {
        const own = isScalar(key) ? key.value : key
        if (own !== 'builtin') merged.addIn([section], merged.createPair(keyOf(own), value))
      }
    }
  }
  return merged.toString()
}

/** The plan with its steps led to the flow's own part of the configuration, if it has one. */
export function ledThere(plan: Plan, name: string, text: string): Plan {
  const config = configOf(text)
  if (!config || isCommon(config)) return plan
  const led = (key: string, value: unknown) =>
    key === 'component' && typeof value === 'string' && !NEAR.has(builtinName(value)) ? prefixOf(name) + value : value
  return JSON.parse(JSON.stringify(plan, led))
}

// ---

/** What runs inside a workflow, wherever the configuration leads. */
const NEAR = new Set(
  anywhere({
    clock: systemClock,
    functions: () => undefined,
    schema: () => (value) => ({ value, violations: [] }),
  }).map(({ info }) => info.name),
)

function configOf(text: string): YAMLMap | undefined {
  const document = parseDocument(text)
  const config = isMap(document.contents) ? document.getIn(['test', 'config']) : undefined
  return isMap(config) ? config : undefined
}

function isCommon(config: YAMLMap): boolean {
  const text = JSON.stringify(config).replace('../stepflow/', './')
  return text === JSON.stringify(COMMON)
}

function prefixOf(name: string): string {
  return `/${name.replace(/\W+/g, '-')}`
}
