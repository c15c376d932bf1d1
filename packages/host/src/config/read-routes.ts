// The `routes` of a configuration: keys to patterns, rules checked against the plugins there are.

import { parsePath, suggest } from '@stepflow/engine'
import type { PluginConfig } from './config.ts'
import type { At, ConfigReader } from './config-reader.ts'
import type { Declared } from './read-plugins.ts'
import { parsePattern, type RoutePattern, templateNames } from './route-pattern.ts'
import type { RouteConfig, RouteRule } from './routes.ts'

/** `plugins`: the names that a rule may name. */
export function readRoutes(reader: ConfigReader, at: At | undefined, plugins: ReadonlySet<string>): RouteConfig[] {
  const routes: RouteConfig[] = []
  const byShape = new Map<string, RoutePattern>()
  for (const [key, value] of reader.entries(at, 'routes') ?? []) {
    const pattern = parsePattern(key)
    if ('error' in pattern) {
      reader.error(value, pattern.error)
      continue
    }
    const other = byShape.get(pattern.shape)
    if (other) reader.error(value, `routes "${other.text}" and "${key}" match the same paths`, 'merge their rules')
    byShape.set(pattern.shape, pattern)
    // One rule may stand without its list.
    const rules = value.node.kind === 'map' ? [value] : reader.items(value, `route "${key}"`)
    routes.push({ pattern, rules: (rules ?? []).flatMap((rule) => readRule(reader, rule, pattern, plugins) ?? []) })
  }
  return routes
}

/** Warns of plugins that no route leads to. */
export function warnOfUnused(
  reader: ConfigReader,
  declared: Declared,
  plugins: readonly PluginConfig[],
  routes: readonly RouteConfig[],
): void {
  const used = new Set(routes.flatMap((route) => route.rules.map((rule) => rule.plugin)))
  const places = new Map(declared)
  for (const plugin of plugins) {
    const place = places.get(plugin.name)
    if (!place || used.has(plugin.name) || plugin.type === 'builtin') continue
    const hint = `for example: "/${plugin.name}/{*component}": [{ plugin: ${plugin.name} }]`
    reader.say('warning', 'UNUSED_PLUGIN', place, `no route leads to plugin "${plugin.name}"`, hint)
  }
}

// ---

function readRule(
  reader: ConfigReader,
  at: At,
  pattern: RoutePattern,
  plugins: ReadonlySet<string>,
): RouteRule | undefined {
  const what = `a rule of route "${pattern.text}"`
  const fields = reader.fields(at, what, {
    plugin: [],
    component: [],
    conditions: [],
    component_allow: ['allow'],
    component_deny: ['deny'],
    rate_limit: [],
  })
  if (!fields) return undefined
  if (!fields.has('plugin')) return reader.error(at, `${what} has no "plugin"`)
  const plugin = reader.text(fields.get('plugin'), `"plugin" of ${what}`)
  const component = readTemplate(reader, fields.get('component') ?? at, fields.has('component'), pattern, what)
  const conditions = readConditions(reader, fields.get('conditions'), what)
  const allow = reader.texts(fields.get('component_allow'), `"component_allow" of ${what}`)?.map(withSlash)
  const deny = reader.texts(fields.get('component_deny'), `"component_deny" of ${what}`)?.map(withSlash)
  const rateLimit = reader.rate(fields.get('rate_limit'), `"rate_limit" of ${what}`)
  if (plugin === undefined) return undefined
  if (!plugins.has(plugin)) {
    const meant = suggest(plugin, [...plugins])
    const message = `route "${pattern.text}" names plugin "${plugin}", which is not configured`
    const place = fields.get('plugin') ?? at
    reader.say('error', 'INVALID_ROUTE_REFERENCE', place, meant ? `${message}. Did you mean "${meant}"?` : message)
  }
  return {
    plugin,
    conditions,
    ...(component === undefined ? {} : { component }),
    ...(allow && { allow }),
    ...(deny && { deny }),
    ...(rateLimit && { rateLimit }),
  }
}

function readTemplate(
  reader: ConfigReader,
  at: At,
  isGiven: boolean,
  pattern: RoutePattern,
  what: string,
): string | undefined {
  const template = isGiven ? reader.text(at, `"component" of ${what}`) : undefined
  const names = pattern.segments.filter((segment) => segment.kind !== 'static').map((segment) => segment.name)
  const unknown = templateNames(template ?? '{component}').find((name) => !names.includes(name))
  if (unknown === undefined) return template
  if (template === undefined) {
    return reader.error(at, `${what} has no "component", and its pattern has no {component}`, 'add one of the two')
  }
  return reader.error(at, `"component" of ${what} uses {${unknown}}, which the pattern does not have`)
}

function readConditions(reader: ConfigReader, at: At | undefined, what: string): RouteRule['conditions'] {
  return (reader.items(at, `"conditions" of ${what}`) ?? []).flatMap((item) => {
    const fields = reader.fields(item, `a condition of ${what}`, { path: [], value: [] })
    if (!fields) return []
    const place = fields.get('path')
    const path = reader.text(place, `"path" of a condition of ${what}`)
    if (!place || path === undefined) {
      if (!place) reader.error(item, `a condition of ${what} has no "path"`)
      return []
    }
    const parsed = parsePath(path)
    if ('error' in parsed) reader.error(place, parsed.error)
    const value = fields.get('value')
    return 'error' in parsed ? [] : [{ path, value: value ? reader.json(value) : null }]
  })
}

function withSlash(name: string): string {
  return name.startsWith('/') ? name : `/${name}`
}
