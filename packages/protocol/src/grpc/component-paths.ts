// The components that one worker has, by the path that they are called by. A path may have parameters (`/files/{name}`,
// `/raw/{*rest}`).

import { type ComponentInfo, type Json, setOwn } from '@stepflow/engine'
import { parseJson } from '../parse-json.ts'

/** As a worker lists it. */
export interface ListedComponent {
  readonly component_id: string
  readonly description?: string | null
  readonly input_schema?: string | null
  readonly output_schema?: string | null
  /** Empty in 0.12: there the id is the path. */
  readonly path: string
}

/** What the worker is to be told, to call that one. */
export interface Found {
  readonly id: string
  readonly params: Readonly<Record<string, string>>
  /** It did not list it, and may have it all the same. */
  readonly isGuess: boolean
}

export class ComponentPaths {
  readonly infos: readonly ComponentInfo[]
  readonly #exact = new Map<string, Found>()
  /** Those that take a rest come last. */
  readonly #patterns: { readonly segments: readonly string[]; readonly id: string }[] = []
  /** Workers that list no paths find out by themselves what has parameters, and leave that out of their list. */
  readonly #hasMore: boolean

  constructor(listed: readonly ListedComponent[]) {
    this.infos = listed.map(infoOf)
    this.#hasMore = listed.length > 0 && listed.every(({ path }) => path === '')
    for (const each of listed) {
      const path = pathOf(each)
      if (path.includes('{')) this.#patterns.push({ segments: path.split('/'), id: each.component_id })
      else this.#exact.set(path, { id: each.component_id, params: {}, isGuess: false })
    }
    this.#patterns.sort((a, b) => restsIn(a.segments) - restsIn(b.segments))
  }

  find(path: string): Found | undefined {
    const found = this.#exact.get(path)
    if (found) return found
    for (const { segments, id } of this.#patterns) {
      const params = match(segments, path.split('/'))
      if (params) return { id, params, isGuess: false }
    }
    return this.#hasMore ? { id: path, params: {}, isGuess: true } : undefined
  }
}

// ---

function pathOf({ path, component_id }: ListedComponent): string {
  const given = path === '' ? component_id : path
  return given.startsWith('/') ? given : `/${given}`
}

function infoOf(listed: ListedComponent): ComponentInfo {
  const [input, output] = [schemaOf(listed.input_schema), schemaOf(listed.output_schema)]
  return {
    name: pathOf(listed),
    ...(listed.description ? { description: listed.description } : {}),
    ...(input === undefined ? {} : { inputSchema: input }),
    ...(output === undefined ? {} : { outputSchema: output }),
  }
}

/** One that is no JSON says nothing. */
function schemaOf(text: string | null | undefined): Json | undefined {
  return text ? (parseJson(text) as Json | undefined) : undefined // JSON by its origin
}

function restsIn(segments: readonly string[]): number {
  return segments.filter((segment) => segment.startsWith('{*')).length
}

function match(pattern: readonly string[], path: readonly string[]): Record<string, string> | undefined {
  const params: Record<string, string> = {}
  for (const [i, segment] of pattern.entries()) {
    const rest = path.slice(i).join('/')
    if (rest === '') return undefined
    if (segment.startsWith('{*') && segment.endsWith('}')) {
      setOwn(params, segment.slice(2, -1), rest)
      return params
    }
    if (segment.startsWith('{') && segment.endsWith('}')) setOwn(params, segment.slice(1, -1), path[i] as string)
    else if (segment !== path[i]) return undefined
  }
  return pattern.length === path.length ? params : undefined
}
