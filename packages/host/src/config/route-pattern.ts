// What a route's key matches: `/python/{*component}`, `/python/{name}`, and the short form `/python`. Knows no plugin.

export interface RoutePattern {
  readonly text: string
  /** A key without braces is a prefix (`/python`, or `/` for everything); it matches what lies below it. */
  readonly style: 'prefix' | 'braces'
  readonly segments: readonly Segment[]
  /** Two patterns of one shape match the same paths. */
  readonly shape: string
}

/** Matched in this order where several fit: `static` first, `rest` last. */
type Segment = { readonly kind: 'static' | 'parameter' | 'rest'; readonly name: string }

/** The pattern that a route's key stands for, or what is wrong with it. */
export function parsePattern(text: string): RoutePattern | { readonly error: string } {
  if (!text.startsWith('/')) return { error: `route "${text}" does not start with "/"` }
  const style = text.includes('{') ? 'braces' : 'prefix'
  const parts = text.replace(/\/+$/, '').split('/').slice(1)
  const segments: Segment[] = []
  for (const part of parts) {
    if (part === '') return { error: `route "${text}" has an empty segment` }
    const parameter = /^\{(\*?)([A-Za-z_][A-Za-z0-9_]*)\}$/.exec(part)
    if (parameter) segments.push({ kind: parameter[1] ? 'rest' : 'parameter', name: parameter[2] as string })
    else if (/[{}]/.test(part)) return { error: `route "${text}": "${part}" is neither a name nor {name} nor {*name}` }
    else segments.push({ kind: 'static', name: part })
  }
  if (style === 'prefix') segments.push({ kind: 'rest', name: 'component' })
  const rest = segments.findIndex((segment) => segment.kind === 'rest')
  if (rest >= 0 && rest < segments.length - 1) return { error: `route "${text}": {*...} must stand at the end` }
  const names = segments.filter((segment) => segment.kind !== 'static').map((segment) => segment.name)
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice !== undefined) return { error: `route "${text}" names {${twice}} twice` }
  const shape = segments.map((segment) => (segment.kind === 'static' ? segment.name : KINDS[segment.kind])).join('/')
  return { text, style, segments, shape: `/${shape}` }
}

/** The parameters of a path that fits. A prefix also fits itself; `component` is then the whole path. */
export function matchPattern(pattern: RoutePattern, path: string): ReadonlyMap<string, string> | undefined {
  if (!path.startsWith('/')) return undefined
  const parts = path.slice(1).split('/')
  const parameters = new Map<string, string>()
  for (let i = 0; i < pattern.segments.length; i++) {
    const { kind, name } = pattern.segments[i] as Segment // i is in range
    if (kind === 'rest') {
      const rest = parts.slice(i).join('/')
      if (rest !== '') parameters.set(name, rest)
      else if (pattern.style === 'braces' || i === 0) return undefined
      else parameters.set(name, path.slice(1))
      return parameters
    }
    const part = parts[i]
    if (part === undefined || part === '') return undefined
    if (kind === 'parameter') parameters.set(name, part)
    else if (part !== name) return undefined
  }
  return parts.length === pattern.segments.length ? parameters : undefined
}

/** For sorting: the most specific pattern first; a name beats a parameter, a parameter beats the rest. */
export function bySpecificity(a: RoutePattern, b: RoutePattern): number {
  for (let i = 0; ; i++) {
    const [left, right] = [a.segments[i], b.segments[i]]
    if (!left || !right) return b.segments.length - a.segments.length
    const difference = ORDER.indexOf(left.kind) - ORDER.indexOf(right.kind)
    if (difference !== 0) return difference
  }
}

/** The names in braces that `template` uses. */
export function templateNames(template: string): string[] {
  return [...template.matchAll(TEMPLATE)].map((match) => match[1] as string)
}

/** `template` with its names in braces replaced; undefined if one has no value. */
export function fillTemplate(template: string, parameters: ReadonlyMap<string, string>): string | undefined {
  let isWhole = true
  const filled = template.replace(TEMPLATE, (_, name: string) => {
    const value = parameters.get(name)
    if (value === undefined) isWhole = false
    return value ?? ''
  })
  if (!isWhole) return undefined
  return filled.startsWith('/') ? filled : `/${filled}`
}

// ---

const KINDS = { parameter: '{}', rest: '{*}' } as const
const ORDER = ['static', 'parameter', 'rest']
const TEMPLATE = /\{\*?([A-Za-z_][A-Za-z0-9_]*)\}/g
