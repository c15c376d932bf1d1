// From a component's path to the plugin's component that answers it, by the configuration's routes. Starts no plugin.
//
// How a path is looked up:
// 1. Of the patterns that match, the most specific comes first: a name beats a parameter, a parameter beats the rest.
// 2. Its rules are tried in order. A rule serves the path if its plugin has the component, its lists allow it (they are
//    always checked) and its conditions hold; a condition on a path that the input does not have does not hold.
// 3. If a plugin is sure that it has no such component, the next rule is tried, then the next pattern.
// 4. A list or condition that says no is an answer, never a detour: after a refusal by a list only the same pattern's
//    rules are tried, and so it is after a condition, except that a prefix (`/python`) goes on to what is above it (`/`).
// 5. `/builtin/x`, `/builtins/x` and `/x` are the builtin plugin's if nothing of the above had a say; a pattern made of
//    parameters alone (`/{*component}`) has none where its plugin is sure that it has no such component.

import { pacedComponent, Rate, type RateLimit } from '@stepflow/builtin'
import {
  type Clock,
  type Component,
  type ComponentInfo,
  compilePath,
  equalJson,
  FlowError,
  MISSING,
  type Misfit,
  type Plugin,
  type Route,
  type Router,
  suggest,
  systemClock,
} from '@stepflow/engine'
import { bySpecificity, fillTemplate, matchPattern, type RoutePattern, templateNames } from './route-pattern.ts'

export interface RouteConfig {
  readonly pattern: RoutePattern
  readonly rules: readonly RouteRule[]
}

export interface RouteRule {
  readonly plugin: string
  /** What the plugin is asked for, with the pattern's names in braces; absent: the pattern's parameter `component`. */
  readonly component?: string
  /** All must hold. */
  readonly conditions: readonly { readonly path: string; readonly value: unknown }[]
  /** The plugin's own names, with a leading slash. */
  readonly allow?: readonly string[]
  readonly deny?: readonly string[]
  /** How often it may be taken, by this process. */
  readonly rateLimit?: RateLimit
}

export interface RouterOptions {
  readonly routes: readonly RouteConfig[]
  readonly plugins: ReadonlyMap<string, Plugin>
  /** Why a plugin that a route names is not among `plugins`. */
  readonly unavailable?: ReadonlyMap<string, string>
  /** What serves `/builtin/*` and its own names where no route does. */
  readonly builtin?: Plugin
  /** What is known of a plugin's components without starting it; for suggestions. */
  readonly known?: (plugin: Plugin) => readonly ComponentInfo[]
  readonly clock?: Clock
}

export interface ConfiguredRouter extends Router {
  /** False only if it is sure that nothing can serve the path. */
  isServed(path: string): boolean
  /** Why nothing serves the path, in the words of the error that `route` throws, or why what serves it is refused here. */
  whyUnserved(path: string): string | undefined
  /** What the component refuses among the known fields of an input, or does not read; none if several may serve the path. */
  misfits(path: string, known: Readonly<Record<string, unknown>>, keys: readonly string[]): readonly Misfit[]
  /** The field of the component's output that a path is looked up in when it is not in the output itself. */
  primaryOf(path: string): string | undefined
  /** The name of the plugin that the path leads to first; undefined if none serves it. */
  pluginOf(path: string): string | undefined
  /** The paths under which a plugin's component can be called. */
  pathsOf(plugin: Plugin, component: string): readonly string[]
}

export function createRouter(options: RouterOptions): ConfiguredRouter {
  const table = options.routes
    .map((route) => ({
      pattern: route.pattern,
      rules: route.rules.map((rule) => linkRule(rule, options.clock ?? systemClock)),
    }))
    .sort((a, b) => bySpecificity(a.pattern, b.pattern))

  function look(path: string): Lookup {
    const found: Lookup = { candidates: [], refusals: [], refusing: new Set() }
    let builtinMay = true
    for (const { pattern, rules } of table) {
      const parameters = matchPattern(pattern, path)
      if (!parameters) continue
      if (lookInRules(found, pattern, rules, parameters) === 'closed') return found
      if (found.candidates.length > 0 || pattern.segments.some((segment) => segment.kind === 'static'))
        builtinMay = false
    }
    if (!builtinMay || !options.builtin) return found
    const component = options.builtin.resolve(path.startsWith('/') ? path : `/${path}`)
    if (component) found.candidates.push({ plugin: options.builtin, component, holds: undefined })
    return found
  }

  /** `closed`: no other pattern may be tried. */
  function lookInRules(
    found: Lookup,
    pattern: RoutePattern,
    rules: readonly LinkedRule[],
    parameters: ReadonlyMap<string, string>,
  ): 'closed' | 'open' {
    let state: 'closed' | 'open' = 'open'
    for (const rule of rules) {
      const name = fillTemplate(rule.component ?? '{component}', parameters)
      if (name === undefined) continue
      const plugin = options.plugins.get(rule.plugin)
      if (!plugin) {
        found.refusals.push(options.unavailable?.get(rule.plugin) ?? `there is no plugin "${rule.plugin}"`)
        state = 'closed'
        continue
      }
      const component = plugin.resolve(name)
      if (!component) {
        found.refusals.push(`plugin "${rule.plugin}" has no component "${name}"`)
        found.refusing.add(plugin)
        continue
      }
      if (!isAllowed(rule, name, component)) {
        found.refusals.push(`route "${pattern.text}" does not allow "${name}" of plugin "${rule.plugin}"`)
        found.refusing.add(plugin)
        state = 'closed'
        continue
      }
      const called = rule.rate ? pacedComponent(component, rule.rate) : component
      found.candidates.push({ plugin, component: called, holds: rule.holds })
      if (!rule.holds) return 'closed'
      if (pattern.style === 'braces') state = 'closed'
    }
    return state
  }

  function pathsOf(plugin: Plugin, component: string): string[] {
    const paths = table.flatMap(({ pattern, rules }) =>
      rules
        .filter((rule) => options.plugins.get(rule.plugin) === plugin)
        .flatMap((rule) => {
          if (pattern.style === 'prefix' && !rule.component && pattern.text === component) return component
          return pathThrough(pattern, rule.component ?? '/{component}', component) ?? []
        }),
    )
    if (plugin === options.builtin) paths.push(`/builtin${component}`)
    const leadsThere = (found: Candidate) => found.plugin === plugin && found.component.info.name === component
    return [...new Set(paths)].filter((path) => look(path).candidates.some(leadsThere))
  }

  function missing(path: string, { refusals, refusing }: Lookup): string {
    const pathsIn = (plugins: Iterable<Plugin>) =>
      [...plugins].flatMap((plugin) => (options.known?.(plugin) ?? []).flatMap((info) => pathsOf(plugin, info.name)))
    const paths = pathsIn(new Set([...options.plugins.values(), ...(options.builtin ? [options.builtin] : [])]))
    const why = refusals.length > 0 ? [...new Set(refusals)].join('; ') : 'no route serves it'
    const meant = suggest(path, paths)
    if (meant !== undefined) return `component "${path}": ${why}. Did you mean "${meant}"?`
    // Where the way led to a plugin, what that one has is what was meant.
    const near = pathsIn(refusing)
    return `component "${path}": ${why}; ${thereAre(near.length > 0 ? near : paths)}`
  }

  return {
    route(path): Route {
      const found = look(path)
      const { candidates } = found
      const [first] = candidates
      if (!first) throw new FlowError('COMPONENT_NOT_FOUND', missing(path, found))
      return first.holds ? { choose: (input) => choose(path, candidates, input) } : { component: first.component }
    },
    isServed: (path) => look(path).candidates.length > 0,
    whyUnserved(path) {
      const found = look(path)
      if (found.candidates.length === 0) return missing(path, found)
      const reasons = found.candidates.map(({ component }) => component.refused?.())
      return reasons.includes(undefined) ? undefined : `component "${path}" is refused: ${reasons[0]}`
    },
    misfits(path, known, keys) {
      const [only, other] = look(path).candidates
      return other ? [] : (only?.component.misfits?.(known, keys) ?? [])
    },
    primaryOf(path) {
      const [first, ...others] = look(path).candidates.map((candidate) => candidate.component.info.primary)
      return others.every((other) => other === first) ? first : undefined
    },
    pluginOf: (path) => look(path).candidates[0]?.plugin.name,
    pathsOf,
  }
}

// ---

type Condition = (input: unknown) => boolean

interface LinkedRule extends Omit<RouteRule, 'conditions'> {
  readonly holds: Condition | undefined
  readonly rate: Rate | undefined
}

interface Candidate {
  readonly plugin: Plugin
  readonly component: Component
  /** Absent: for every input. */
  readonly holds: Condition | undefined
}

interface Lookup {
  readonly candidates: Candidate[]
  /** What stood in the way, in the words of a message. */
  readonly refusals: string[]
  /** The plugins that a route led to, and that have no such component for it. */
  readonly refusing: Set<Plugin>
}

function linkRule(rule: RouteRule, clock: Clock): LinkedRule {
  const tests = rule.conditions.map(({ path, value }) => {
    const read = compilePath(path)
    return (input: unknown) => {
      const actual = read(input)
      return actual !== MISSING && equalJson(actual, value)
    }
  })
  const holds = tests.length === 0 ? undefined : (input: unknown) => tests.every((test) => test(input))
  return { ...rule, holds, rate: rule.rateLimit && new Rate(rule.rateLimit, clock) }
}

/** Lists are checked against the name asked for and the component's own: a plugin may know one component by two names. */
function isAllowed(rule: LinkedRule, name: string, component: Component): boolean {
  const isIn = (list: readonly string[]) => list.includes(name) || list.includes(component.info.name)
  return !(rule.deny && isIn(rule.deny)) && (!rule.allow || isIn(rule.allow))
}

function choose(path: string, candidates: readonly Candidate[], input: unknown): Component {
  const fit = candidates.find((candidate) => !candidate.holds || candidate.holds(input))
  if (fit) return fit.component
  const message = `component "${path}": the conditions of its routes hold for none of the rules with this input`
  throw new FlowError('COMPONENT_NOT_FOUND', message)
}

/** The path that leads through `pattern` to `component`: the way back from the template's names to the pattern's. */
function pathThrough(pattern: RoutePattern, template: string, component: string): string | undefined {
  const names = templateNames(template)
  const literal = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  const parts = template.split(/\{\*?[A-Za-z_][A-Za-z0-9_]*\}/).map(literal)
  const match = new RegExp(`^${parts.join('(.+?)')}$`).exec(template.startsWith('/') ? component : component.slice(1))
  if (!match) return undefined
  const values = new Map(names.map((name, i) => [name, match[i + 1] as string])) // one group per name
  const segments = pattern.segments.map((segment) =>
    segment.kind === 'static' ? segment.name : values.get(segment.name),
  )
  if (segments.at(-1) === undefined && pattern.style === 'prefix') segments.pop()
  const path = `/${segments.join('/')}`
  return segments.includes(undefined) || !matchPattern(pattern, path) ? undefined : path
}

function thereAre(paths: readonly string[]): string {
  if (paths.length === 0) return 'there are no components'
  const shown = [...paths].sort().slice(0, 12).join(', ')
  return paths.length > 12 ? `there are ${paths.length}: ${shown}, ...` : `there are: ${shown}`
}
