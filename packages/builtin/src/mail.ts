// A mail as text (RFC 5322, MIME). Everything that comes from outside is encoded, so that nothing becomes a header.

import { randomUUID } from 'node:crypto'

export interface Mail {
  readonly to: readonly string[]
  readonly cc: readonly string[]
  readonly bcc: readonly string[]
  readonly subject: string
  readonly text: string | undefined
  readonly html: string | undefined
}

export function writeMail({ to, cc, bcc, subject, text, html }: Mail): string {
  const head = [
    `To: ${to.map(encodeAddress).join(', ')}`,
    ...(cc.length > 0 ? [`Cc: ${cc.map(encodeAddress).join(', ')}`] : []),
    ...(bcc.length > 0 ? [`Bcc: ${bcc.map(encodeAddress).join(', ')}`] : []),
    `Subject: ${encodeWords(subject)}`,
    'MIME-Version: 1.0',
  ]
  if (text === undefined || html === undefined) {
    const part = html === undefined ? bodyPart('plain', text ?? '') : bodyPart('html', html)
    return [...head, ...part].join('\r\n')
  }
  const boundary = `part-${randomUUID()}`
  return [
    ...head,
    `Content-Type: multipart/alternative; boundary="${boundary}"`,
    '',
    `--${boundary}`,
    ...bodyPart('plain', text),
    `--${boundary}`,
    ...bodyPart('html', html),
    `--${boundary}--`,
    '',
  ].join('\r\n')
}

// ---

function bodyPart(kind: 'plain' | 'html', content: string): string[] {
  const lines = Buffer.from(content)
    .toString('base64')
    .match(/.{1,76}/g) ?? ['']
  return [`Content-Type: text/${kind}; charset=UTF-8`, 'Content-Transfer-Encoding: base64', '', ...lines]
}

/** The name of `Name <a@b.c>` may be any text; the address was checked. */
function encodeAddress(address: string): string {
  const open = address.indexOf('<')
  if (open <= 0) return address
  const name = address.slice(0, open).trim().replace(/^"|"$/g, '')
  return `${encodeWords(name)} ${address.slice(open)}`
}

/** RFC 2047, in pieces that fit into a line and never cut a character. */
function encodeWords(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text) && !text.includes('=?')) return text
  const words: string[] = []
  let piece = ''
  for (const character of text) {
    if (Buffer.byteLength(piece + character) > 45) {
      words.push(piece)
      piece = ''
    }
    piece += character
  }
  words.push(piece)
  return words.map((word) => `=?UTF-8?B?${Buffer.from(word).toString('base64')}?=`).join('\r\n ')
}
