// How either form of flow writes that a value is taken from somewhere: from the input, a step, a variable, a secret.

import { pathText } from '@stepflow/dialects'
import type { Json } from '@stepflow/engine'

export type Root =
  | { readonly of: 'input' | 'element' }
  | { readonly of: 'step' | 'variable' | 'secret'; readonly name: string }

/** One reference, in each way that it is written. */
export interface Written {
  /** As it is shown: `fetch.body`. */
  readonly name: string
  /** As it is written in place of a value. */
  readonly value: Json
  /** As a template names it: `steps.fetch.result.body`. */
  readonly path: string
}

/** A part of one of them, by its keys: what a field of a result that is dragged stands for. */
export function written(root: Root, keys: readonly (string | number)[], isManifest: boolean): Written {
  const [shown, base] = NAMES[root.of]('name' in root ? root.name : '')
  const below = pathText(keys).slice(1)
  const path = base + inTemplate(keys)
  const name = shown + below
  if (isManifest) return { name, path, value: `{{ ${path} }}` }
  const [only] = keys
  const inFlow = keys.length === 1 && typeof only === 'string' && /^[A-Za-z_]\w*$/.test(only) ? only : `$${below}`
  switch (root.of) {
    case 'input':
      return { name, path, value: { $input: inFlow } }
    case 'element':
      return { name, path, value: { $item: inFlow } }
    case 'step':
      return { name, path, value: keys.length === 0 ? { $step: root.name } : { $step: root.name, path: inFlow } }
    case 'variable':
      return { name, path, value: { $variable: root.name + below } }
    case 'secret':
      return { name, path, value: { $secret: root.name } }
  }
}

/** The value as it stands in a line of text. */
export function inLine(value: Json): string {
  if (typeof value === 'string') return JSON.stringify(value)
  const words = Object.entries(value as Readonly<Record<string, string>>).map(
    ([key, word]) => `${key}: ${/^[A-Za-z_$][\w.$]*$/.test(word) ? word : JSON.stringify(word)}`,
  )
  return `{ ${words.join(', ')} }`
}

// ---

/** How each is shown, and how a template calls it. */
const NAMES: { readonly [Of in Root['of']]: (name: string) => readonly [shown: string, path: string] } = {
  input: () => ['input', 'inputs'],
  element: () => ['item', 'item'],
  step: (name) => [name, `steps${inTemplate([name])}.result`],
  variable: (name) => [`variable.${name}`, `variables.${name}`],
  secret: (name) => [`secret.${name}`, `secrets.${name}`],
}

function inTemplate(keys: readonly (string | number)[]): string {
  const isWord = (key: string | number) => /^[A-Za-z_][\w-]*$/.test(String(key))
  return keys.map((key) => (isWord(key) ? `.${key}` : `[${JSON.stringify(key)}]`)).join('')
}
