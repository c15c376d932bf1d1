// Everything in a flow or a manifest that names a step: its id, references, templates, needs, schemas. What stands under
// `$literal`, in examples and in cases names nothing.

import { isRecord, type Json } from '@stepflow/engine'
import { isManifest } from '../detect.ts'
import { TemplateSyntaxError } from '../template/lex.ts'
import { namesIn, type Read } from '../template/names.ts'
import { parse } from '../template/parse.ts'
import { parseCondition } from '../template/parse-condition.ts'
import type { Renamed } from './part.ts'
import { NEEDS, type Path, stepsOf, valueAt } from './steps.ts'

/** What names step `from`, with what it becomes if the step is called `to`. Keys come last, from the innermost. */
export function mentionsOf(data: Json, from: string, to: string): readonly Renamed[] {
  const finder = new Finder(data, from, to)
  finder.document()
  return [...finder.texts, ...finder.keys.sort((a, b) => b.path.length - a.path.length)]
}

/** Of a step that has become `to` and is a parameter of a manifest: what gives or reads the input of its name. */
export function namesOfInput(data: Json, from: string, to: string): readonly Renamed[] {
  const { path, steps } = stepsOf(data)
  const step = steps.find(([, one]) => isRecord(one) && one.id === to)?.[1]
  const tool = isRecord(step) ? step.tool : undefined
  if (typeof tool !== 'string' || !/^INPUT_/.test(tool)) return []
  const finder = new Finder(data, from, to, 'inputs')
  for (const [key, one] of steps) finder.step([...path, key], one)
  finder.output()
  for (const list of [['examples'], ['test', 'cases']] as const) {
    const cases = valueAt(data, list)
    if (!Array.isArray(cases)) continue
    cases.forEach((_, i) => {
      const at = [...list, i, 'input', from]
      if (valueAt(data, at) !== undefined) finder.keys.push({ path: at, what: 'key', to })
    })
  }
  return [...finder.texts, ...finder.keys]
}

/** The value that a reference is the whole of: what goes if it goes. */
export function isSoleReference(data: Json, path: Path): Path | undefined {
  for (let length = path.length - 1; length > 0; length--) {
    const value = valueAt(data, path.slice(0, length))
    if (!isRecord(value)) continue
    if ('$step' in value || '$from' in value) return path.slice(0, length)
    if ('$template' in value) {
      const text = value.$template
      return typeof text === 'string' && SOLE.test(text) ? path.slice(0, length) : undefined
    }
  }
  const text = valueAt(data, path)
  return typeof text === 'string' && SOLE.test(text) ? path : undefined
}

// ---

/** A template that is one path and nothing else. */
const SOLE = /^\{\{\s*[\w.[\]'"-]+\s*\}\}$/

/** Parts of a step that hold no references. */
const PLAIN: ReadonlySet<string> = new Set([
  'id',
  'component',
  'tool',
  'name',
  'description',
  'metadata',
  'trigger_rule',
  'triggerRule',
  'timeout',
  'retry',
])
const CONDITIONS: ReadonlySet<string> = new Set(['when', 'skip_if', 'skipIf', 'skip'])

class Finder {
  readonly texts: Renamed[] = []
  readonly keys: Renamed[] = []
  readonly #data: Json
  readonly #from: string
  readonly #to: string
  readonly #root: 'steps' | 'inputs'
  readonly #isManifest: boolean

  constructor(data: Json, from: string, to: string, root: 'steps' | 'inputs' = 'steps') {
    this.#data = data
    this.#from = from
    this.#to = to
    this.#root = root
    this.#isManifest = isManifest(data)
  }

  document(): void {
    const { path, steps } = stepsOf(this.#data)
    for (const [key, step] of steps) {
      const at = [...path, key]
      if (isRecord(step) && step.id === this.#from) this.#text([...at, 'id'])
      if (key === this.#from) this.keys.push({ path: at, what: 'key', to: this.#to })
      this.step(at, step)
    }
    this.output()
    const schema = ['schemas', 'properties', 'steps', 'properties', this.#from]
    if (valueAt(this.#data, schema) !== undefined) this.keys.push({ path: schema, what: 'key', to: this.#to })
  }

  step(path: Path, step: Json): void {
    if (!isRecord(step)) return
    for (const [key, value] of Object.entries(step as Readonly<Record<string, Json>>)) {
      const at = [...path, key]
      if (NEEDS.has(key)) this.#needs(at, value)
      else if (!PLAIN.has(key)) this.#value(at, value, CONDITIONS.has(key) ? parseCondition : parse)
    }
  }

  output(): void {
    const output = valueAt(this.#data, ['output'])
    if (output !== undefined) this.#value(['output'], output, parse)
  }

  #needs(path: Path, needs: Json): void {
    if (this.#root !== 'steps') return
    if (needs === this.#from) this.#text(path)
    if (!Array.isArray(needs)) return
    for (const [i, need] of needs.entries()) if (need === this.#from) this.#text([...path, i])
  }

  #value(path: Path, value: Json, read: typeof parse): void {
    if (typeof value === 'string') {
      if (this.#isManifest) this.#template(path, value, read)
    } else if (Array.isArray(value)) {
      for (const [i, one] of value.entries()) this.#value([...path, i], one as Json, read)
    } else if (isRecord(value)) this.#map(path, value as Readonly<Record<string, Json>>, read)
  }

  #map(path: Path, map: Readonly<Record<string, Json>>, read: typeof parse): void {
    for (const [key, value] of Object.entries(map)) {
      const at = [...path, key]
      if (this.#isManifest) this.#value(at, value, read)
      else if (key === '$literal') continue
      else if (key === '$step' || key === '$from') this.#reference(at, value)
      else if (key === '$template') {
        if (typeof value === 'string') this.#template(at, value, parse)
      } else this.#value(at, value, read)
    }
  }

  #reference(path: Path, value: Json): void {
    if (this.#root !== 'steps') return
    if (value === this.#from) this.#text(path)
    else if (isRecord(value) && value.step === this.#from) this.#text([...path, 'step'])
  }

  #text(path: Path): void {
    if (this.#root === 'steps') this.texts.push({ path, what: 'text', to: this.#to })
  }

  #template(path: Path, text: string, read: typeof parse): void {
    const reads = readsOf(text, read).filter(({ path: [root, name] }) => root === this.#root && name === this.#from)
    if (reads.length === 0) return
    const pattern = patternOf(this.#root, this.#from)
    const starts = new Set(reads.map(({ at }) => at))
    const which: number[] = []
    let count = 0
    const to = text.replace(
      new RegExp(pattern, 'g'),
      (whole, before: string, _name: string, after: string, at: number) => {
        const i = count++
        if (!starts.has(at)) return whole
        which.push(i)
        return before + this.#to + after
      },
    )
    this.texts.push({ path, what: 'text', to, mention: { pattern, which, name: this.#to } })
  }
}

function readsOf(text: string, read: typeof parse): readonly Read[] {
  try {
    return namesIn(read(text)).reads
  } catch (error) {
    if (error instanceof TemplateSyntaxError) return []
    throw error
  }
}

/** `steps.ID`, `steps['ID']`, also with escaped or doubled quotes, as a text in quotes has them. */
function patternOf(root: string, id: string): string {
  return `(\\b${root}\\s*(?:\\.\\s*|\\[\\s*(?:\\\\?["']{1,2})))(${id})((?:\\\\?["']{1,2}\\s*\\])|(?![\\w-]))`
}
