// The address of a server that others start.

import type { At, ConfigReader } from './config-reader.ts'

export function readUrl(reader: ConfigReader, at: At | undefined, what: string): string | undefined {
  const text = at && reader.text(at, what)
  if (at === undefined || text === undefined) return undefined
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text
  return reader.error(at, `${what} is "${text}"`, 'an address begins with http:// or https://')
}
