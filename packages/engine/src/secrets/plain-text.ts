// A text without the escapes that programs put into it: percent-encoding, backslashes, HTML. What was escaped and what was
// not become the same, so that the one is found in the other. It is for searching only: it says what may be meant.

export interface PlainText {
  readonly text: string
  /** Where each character began, and at last the length of what was there. */
  readonly starts: Int32Array
}

/** undefined: nothing is escaped. */
export function plainText(text: string): PlainText | undefined {
  let plain: PlainText | undefined
  // What was escaped twice is unescaped twice.
  for (let pass = 0; pass < MOST_PASSES; pass++) {
    const next = unescaped(plain?.text ?? text)
    if (!next) break
    plain = plain
      ? { text: next.text, starts: next.starts.map((at) => (plain as PlainText).starts[at] as number) }
      : next // there: asked just now
  }
  return plain
}

// ---

const MOST_PASSES = 6

const BACKSLASH = 92
const PERCENT = 37
const AMPERSAND = 38

const CONTROLS: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' }
const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

const UNICODE = /u([0-9A-Fa-f]{4})/y
const ENTITY = /&(?:#(\d{1,7})|#[xX]([0-9A-Fa-f]{1,6})|(amp|lt|gt|quot|apos));/y
const BYTES = /(?:%[0-9A-Fa-f]{2})+/y

function unescaped(text: string): PlainText | undefined {
  // Most texts have none, and are looked through at once.
  if (!text.includes('%') && !text.includes('\\') && !text.includes('&')) return undefined
  let at = nextEscape(text, 0)
  const out: string[] = []
  const starts = new Int32Array(text.length + 1)
  let length = 0
  let isChanged = false
  const copy = (from: number, to: number) => {
    out.push(text.slice(from, to))
    for (let i = from; i < to; i++) starts[length++] = i
  }
  const put = (characters: string, from: number) => {
    out.push(characters)
    for (let i = 0; i < characters.length; i++) starts[length++] = from
    isChanged = true
  }
  copy(0, at)
  while (at < text.length) {
    let end = at
    switch (text.charCodeAt(at)) {
      case BACKSLASH:
        end = putEscaped(text, at, put)
        isChanged = true
        break
      case PERCENT:
        end = putBytes(text, at, put)
        break
      case AMPERSAND:
        end = putEntity(text, at, put)
    }
    // No escape after all.
    if (end === at) copy(at, ++end)
    const next = nextEscape(text, end)
    at = next < 0 ? text.length : next
    copy(end, at)
  }
  starts[length] = text.length
  return isChanged ? { text: out.join(''), starts: starts.slice(0, length + 1) } : undefined
}

function nextEscape(text: string, from: number): number {
  for (let i = from; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === BACKSLASH || code === PERCENT || code === AMPERSAND) return i
  }
  return -1
}

type Put = (characters: string, from: number) => void

/** However many backslashes there are, they vanish: who can say how often it was escaped. */
function putEscaped(text: string, from: number, put: Put): number {
  let at = from
  while (text.charCodeAt(at) === BACKSLASH) at++
  if (at === text.length) return at
  UNICODE.lastIndex = at
  const unit = UNICODE.exec(text)?.[1]
  if (unit) {
    put(String.fromCharCode(Number.parseInt(unit, 16)), from)
    return at + 5
  }
  const code = text.charCodeAt(at)
  // Those have a meaning of their own.
  if (code === PERCENT || code === AMPERSAND) return at
  const character = text.charAt(at)
  put(CONTROLS[character] ?? character, from)
  return at + 1
}

function putEntity(text: string, from: number, put: Put): number {
  ENTITY.lastIndex = from
  const match = ENTITY.exec(text)
  if (!match) return from
  const [whole, decimal, hex, name] = match
  const code = decimal ? Number(decimal) : Number.parseInt(hex ?? '', 16)
  const character = name ? NAMED[name] : code <= 0x10ffff ? String.fromCodePoint(code) : undefined
  if (character === undefined) return from
  put(character, from)
  return from + whole.length
}

/** A row of percent-encoded bytes as UTF-8; what is none, byte by byte. */
function putBytes(text: string, from: number, put: Put): number {
  BYTES.lastIndex = from
  const row = BYTES.exec(text)?.[0]
  if (!row) return from
  for (let i = 0; i < row.length; ) {
    const first = Number.parseInt(row.slice(i + 1, i + 3), 16)
    const size = 3 * (first < 0xc0 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4)
    const decoded = decodedBytes(row.slice(i, i + size))
    put(decoded ?? String.fromCharCode(first), from + i)
    i += decoded === undefined ? 3 : size
  }
  return from + row.length
}

function decodedBytes(bytes: string): string | undefined {
  try {
    return decodeURIComponent(bytes)
  } catch {
    return undefined
  }
}
