// Texts as PostgreSQL takes them: it refuses NUL, and halves of surrogate pairs are not UTF-8. JSON escapes both by itself;
// names do not. Those that hold one stand as JSON behind a mark; all others, nearly all, as they are.

const MARK = '\ue000'
const ODD = /[\0\p{Surrogate}]|^\ue000/u

export function toText(value: string): string {
  return ODD.test(value) ? MARK + JSON.stringify(value) : value
}

export function fromText(text: string): string {
  return text.startsWith(MARK) ? (JSON.parse(text.slice(1)) as string) : text
}
