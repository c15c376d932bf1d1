// What may be a secret, and which values are poor ones.

import { FlowError, redactedMark } from '@stepflow/engine'

/** Throws INVALID_INPUT for a name or a value that cannot be one. */
export function checkSecret(name: string, value: string): void {
  if (!/^[A-Za-z_][\w.-]{0,127}$/.test(name)) {
    const rule = 'it must begin with a letter or _, and have at most 128 letters, digits, and _ . -'
    throw new FlowError('INVALID_INPUT', `${JSON.stringify(name.slice(0, 200))} is not a name for a secret: ${rule}`)
  }
  if (value === redactedMark) {
    throw new FlowError(
      'INVALID_INPUT',
      `the secret "${name}" is "${redactedMark}": that stands in the place of secrets, and is none`,
    )
  }
  if (value === '') throw new FlowError('INVALID_INPUT', `the secret "${name}" is empty`)
  const bytes = Buffer.byteLength(value)
  if (bytes > MOST_BYTES) {
    throw new FlowError(
      'INVALID_INPUT',
      `the secret "${name}" has ${bytes} bytes, but may have at most ${MOST_BYTES}: keep documents elsewhere, and their key here`,
    )
  }
  // It would come back as another text.
  if (Buffer.from(value).toString() !== value)
    throw new FlowError('INVALID_INPUT', `the secret "${name}" is not text in Unicode`)
}

/** Why it would be seen all the same, or seen missing everywhere; undefined: neither. */
export function weaknessOf(value: string): string | undefined {
  if (/^(?:true|false|null)$/.test(value)) return 'it is redacted nowhere, as every flow has this value'
  if (value.length < 4) return 'it has fewer than 4 characters: it is redacted only where it stands alone'
  if (/^\p{L}{4,12}$/u.test(value))
    return 'it looks like an ordinary word, which is redacted wherever it stands in a text'
  return undefined
}

// ---

/** A key of a service account has 3 KiB. */
const MOST_BYTES = 65_536
