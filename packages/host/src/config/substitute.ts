// `${NAME}` in a configuration's texts. Reads the environment it is given; a value that it puts in is not read again.

export type Env = Readonly<Record<string, string | undefined>>

export type Substituted = { readonly text: string } | { readonly error: string; readonly hint: string }

/**
 * Puts environment variables into a text: `${NAME}`, `${NAME:-default}` (also if the variable is empty, as in a shell),
 * `${NAME:default}` (only if it is not set). A default may hold further references. `$${` stands for `${` itself; a `$`
 * in front of anything else is just a `$`. With `bareNames` also `$NAME` is replaced, and `\$` stands for a `$`: what the
 * arguments and environments of plugins have always allowed.
 *
 * ```ts
 * substitute('${HOST:-localhost}:${PORT}', { PORT: '80' }) // { text: 'localhost:80' }
 * ```
 */
export function substitute(text: string, env: Env, names: 'braced' | 'bareNames' = 'braced'): Substituted {
  if (!text.includes('$')) return { text }
  let made = ''
  let at = 0
  while (at < text.length) {
    const escaped = escapeAt(text, at, names)
    if (escaped) {
      made += escaped.stands
      at = escaped.end
    } else if (text.startsWith('${', at)) {
      const end = closing(text, at + 2)
      if (end < 0) return { error: `"\${" without "}" in "${text}"`, hint: LITERAL_HINT }
      const value = reference(text.slice(at + 2, end), env, names)
      if ('error' in value) return value
      made += value.text
      at = end + 1
    } else if (names === 'bareNames' && bareName(text, at)) {
      const name = bareName(text, at) as string // just seen to be there
      const value = reference(name, env, names)
      if ('error' in value) return value
      made += value.text
      at += 1 + name.length
    } else {
      made += text[at]
      at++
    }
  }
  return { text: made }
}

// ---

const LITERAL_HINT = 'write "$${" where the text is to have "${" in it'
const ESCAPE = /\$(\$\{)/y
const ESCAPE_BARE = /(?:\$(?=\$\{)|\\)(\$\{?)/y
const REFERENCE = /^([A-Za-z_][A-Za-z0-9_]*)(?:(:-|:)([\s\S]*))?$/
const BARE_NAME = /\$([A-Za-z_][A-Za-z0-9_]*)/y

function escapeAt(
  text: string,
  at: number,
  names: 'braced' | 'bareNames',
): { stands: string; end: number } | undefined {
  const pattern = names === 'bareNames' ? ESCAPE_BARE : ESCAPE
  pattern.lastIndex = at
  const stands = pattern.exec(text)?.[1]
  return stands === undefined ? undefined : { stands, end: pattern.lastIndex }
}

function reference(inside: string, env: Env, names: 'braced' | 'bareNames'): Substituted {
  const match = REFERENCE.exec(inside)
  if (!match) return { error: `"\${${inside}}" does not name an environment variable`, hint: LITERAL_HINT }
  const [, name = '', separator, fallback = ''] = match
  const value = Object.hasOwn(env, name) ? env[name] : undefined
  if (value !== undefined && !(value === '' && separator === ':-')) return { text: value }
  if (separator !== undefined) return substitute(fallback, env, names)
  return {
    error: `environment variable ${name} is not set`,
    hint: `set ${name}, or give a default: \${${name}:-default}`,
  }
}

/** Where the `}` is that ends what begins at `from`, nested references passed over. */
function closing(text: string, from: number): number {
  let depth = 1
  for (let at = from; at < text.length; at++) {
    if (text.startsWith('${', at)) depth++
    else if (text[at] === '}' && --depth === 0) return at
  }
  return -1
}

function bareName(text: string, at: number): string | undefined {
  BARE_NAME.lastIndex = at
  return BARE_NAME.exec(text)?.[1]
}
