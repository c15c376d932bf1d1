// Encrypts a text so that only the holder of a master key reads it, and nobody changes it unseen: AES-256-GCM.

import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto'
import { FlowError } from '@stepflow/engine'

/** 32 bytes, and what they are known by. */
export interface MasterKey {
  readonly id: string
  readonly bytes: Buffer
}

/** An encrypted text as a record holds it. */
export interface Sealed {
  /** Of the key. */
  readonly key: string
  readonly iv: string
  /** The encrypted text, then the tag. */
  readonly text: string
}

export const KEY_BYTES = 32

/** The id says nothing of the key. */
export function masterKey(bytes: Buffer): MasterKey {
  return { id: createHmac('sha256', bytes).update('stepflow master key').digest('hex').slice(0, 16), bytes }
}

/** `name`: what the text is the secret of. Under another name it cannot be opened, so nobody swaps two of them in a file. */
export function seal(text: string, name: string, key: MasterKey): Sealed {
  const iv = randomBytes(IV_BYTES)
  const cipher = createCipheriv(CIPHER, key.bytes, iv, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(name))
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
  return { key: key.id, iv: iv.toString('base64'), text: sealed.toString('base64') }
}

/** Throws RESOURCE_UNAVAILABLE if it is not what was sealed. */
export function unseal(sealed: Sealed, name: string, key: MasterKey): string {
  try {
    const bytes = Buffer.from(sealed.text, 'base64')
    const end = bytes.length - TAG_BYTES
    const options = { authTagLength: TAG_BYTES }
    const decipher = createDecipheriv(CIPHER, key.bytes, Buffer.from(sealed.iv, 'base64'), options)
    decipher.setAAD(Buffer.from(name)).setAuthTag(bytes.subarray(end))
    return Buffer.concat([decipher.update(bytes.subarray(0, end)), decipher.final()]).toString()
  } catch {
    const what = `the secret "${name}" is damaged in the store`
    const how = `restore the store from a copy, or \`stepflow secrets remove ${name} --forget\` and set it again`
    throw new FlowError('RESOURCE_UNAVAILABLE', `${what}: ${how}`)
  }
}

// ---

const CIPHER = 'aes-256-gcm'
const IV_BYTES = 12
const TAG_BYTES = 16
