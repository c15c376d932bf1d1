// Numbers that JSON and YAML can write and a double cannot hold: they would go on as null, silently. Judges, reads nothing.

/** Said of a value with such a number. */
export const TOO_LARGE = 'it contains a number that is too large (more than about 1.8e308); put it in quotes'

/** True if `value`, read from `text`, has become infinite somewhere. Nearly every text is judged by its look alone. */
export function holdsTooLarge(text: string, value: unknown): boolean {
  if (!SUSPICIOUS.test(text)) return false
  // A stack of its own: the value may be nested as deeply as a hostile text likes.
  const open = [value]
  while (open.length > 0) {
    const at = open.pop()
    if (typeof at === 'number' && !Number.isFinite(at)) return true
    if (typeof at !== 'object' || at === null) continue
    for (const inner of Object.values(at)) open.push(inner)
  }
  return false
}

// ---

/** Exponents of three digits, very many digits in a row, or YAML's own words for it. */
const SUSPICIOUS = /[\d.]e\+?\d{3}|(?<!\d)\d{200}|\.(?:inf|nan)\b/i
