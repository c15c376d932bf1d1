// Which addresses a flow may talk to. It decides about addresses after name resolution; it opens no connection itself.

import type { LookupFunction } from 'node:net'
import { FlowError } from '@stepflow/engine'

export interface NetGuard {
  /** Throws INVALID_INPUT if the URL's host is an address that is refused; names are decided in `lookup`. */
  check(url: URL): void
  /** For the socket of a request to `url`: resolves the name and gives only what is permitted. */
  lookup(url: URL): LookupFunction
}

export interface NetGuardOptions {
  /** Addresses, ranges, names (`*.internal`), each with or without a port; `*` is everything. */
  readonly allowPrivate?: readonly string[]
  /** In place of the system's name resolution. */
  readonly resolve?: Resolve
}

export type Resolve = (name: string) => Promise<readonly ResolvedAddress[]>
export interface ResolvedAddress {
  readonly address: string
  readonly family: number
}

/** Refuses every address that is not public, unless it is allowed by name, by address or by range. */
export function createNetGuard(options: NetGuardOptions = {}): NetGuard {
  const allowed = (options.allowPrivate ?? []).map(parseAllowed)
  const resolve = options.resolve ?? systemResolve
  const isAllowed = (url: URL, address: string | undefined) => allowed.some((entry) => entry(url, address))

  return {
    check(url) {
      const host = hostOf(url)
      const why = refusal(host)
      if (why && !isAllowed(url, host)) throw refused(url, host, why)
    },
    lookup(url) {
      return (_hostname, options, callback) => {
        permitted(url).then(
          (addresses) => {
            const [first] = addresses
            if (options.all)
              callback(null, addresses as ResolvedAddress[]) // declared mutable, not mutated
            else callback(null, first?.address ?? '', first?.family)
          },
          (error) => callback(error, ''),
        )
      }
    },
  }

  async function permitted(url: URL): Promise<readonly ResolvedAddress[]> {
    const host = hostOf(url)
    const found = await resolve(host)
    if (isAllowed(url, undefined)) return found
    // A name may have private addresses beside public ones: those alone are connected to that may be.
    const usable = found.filter(({ address }) => !refusal(address) || isAllowed(url, address))
    const [first] = found
    if (usable.length === 0 && first) throw refused(url, first.address, refusal(first.address) ?? '')
    return usable
  }
}

/** Why an address may not be connected to ("a loopback address"), or undefined if it is public or no address at all. */
export function refusal(address: string): string | undefined {
  const bytes = parseAddress(address)
  if (!bytes) return undefined
  const ranges = bytes.length === 4 ? NOT_PUBLIC_4 : NOT_PUBLIC_6
  const hit = ranges.find(({ range }) => contains(range, bytes))
  if (hit) return hit.name
  // Of IPv6 only 2000::/3 is given out to hosts of the public network.
  return bytes.length === 16 && ((bytes[0] ?? 0) & 0xe0) !== 0x20 ? 'not a public address' : undefined
}

/** Why an entry of `http.allow_private` cannot be one, or undefined if it can. */
export function faultOfAllowed(entry: string): string | undefined {
  try {
    parseAllowed(entry)
    return undefined
  } catch (thrown) {
    if (!FlowError.is(thrown)) throw thrown
    return thrown.message
  }
}

// ---

type Allowed = (url: URL, address: string | undefined) => boolean

/** `address` undefined: is the name itself allowed, whatever it resolves to? */
function parseAllowed(entry: string): Allowed {
  const text = entry
    .trim()
    .toLowerCase()
    .replace(/^https?:\/\//, '')
    .replace(/\/$/, '')
  const { host, port } = splitPort(text)
  const hasPort: Allowed = (url) => port === undefined || port === portOf(url)
  if (host === '*') return hasPort
  const range = parseRange(host)
  if (range) {
    return (url, address) => {
      const bytes = address === undefined ? undefined : parseAddress(address)
      return bytes !== undefined && contains(range, bytes) && hasPort(url, address)
    }
  }
  if (!/^(\*\.)?[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?$/.test(host) || /^[\d.]+$/.test(host)) {
    throw new FlowError(
      'INVALID_INPUT',
      `http.allow_private: "${entry}" is neither an address (127.0.0.1), a range (10.0.0.0/8) nor a name (*.internal)`,
    )
  }
  if (host.startsWith('*.')) return (url) => hostOf(url).endsWith(host.slice(1)) && hasPort(url, undefined)
  return (url) => hostOf(url) === host && hasPort(url, undefined)
}

function splitPort(text: string): { host: string; port: string | undefined } {
  const bracketed = /^\[(.*)\](\/\d+)?(?::(\d+))?$/.exec(text)
  if (bracketed) return { host: `${bracketed[1]}${bracketed[2] ?? ''}`, port: bracketed[3] }
  const parts = text.split(':')
  // More than one colon is an IPv6 address without a port.
  return parts.length === 2 ? { host: parts[0] ?? '', port: parts[1] } : { host: text, port: undefined }
}

/** The host without brackets and without the dot that ends a full name. */
function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '')
}

function portOf(url: URL): string {
  return url.port || (url.protocol === 'https:' ? '443' : '80')
}

function refused(url: URL, address: string, why: string): FlowError {
  const host = hostOf(url)
  const target = `${address.includes(':') ? `[${address}]` : address}:${portOf(url)}`
  const resolved = host === address ? '' : ` (${host} resolves to it)`
  return new FlowError(
    'INVALID_INPUT',
    `${url.origin} is refused: ${address} is ${why}${resolved}; to permit it, add "${target}" to http.allow_private in the configuration file`,
  )
}

async function systemResolve(name: string): Promise<readonly ResolvedAddress[]> {
  const { lookup } = await import('node:dns/promises')
  return lookup(name, { all: true })
}

interface Range {
  readonly bytes: readonly number[]
  readonly bits: number
}

function parseRange(text: string): Range | undefined {
  const [address = '', bits, more] = text.split('/')
  const bytes = parseAddress(address)
  if (!bytes || more !== undefined) return undefined
  if (bits === undefined) return { bytes, bits: bytes.length * 8 }
  return /^\d{1,3}$/.test(bits) && Number(bits) <= bytes.length * 8 ? { bytes, bits: Number(bits) } : undefined
}

function contains(range: Range, address: readonly number[]): boolean {
  if (range.bytes.length !== address.length) return false
  return range.bytes.every((byte, i) => {
    const bits = Math.min(8, Math.max(0, range.bits - i * 8))
    const mask = (0xff << (8 - bits)) & 0xff
    return (byte & mask) === ((address[i] ?? 0) & mask)
  })
}

/** 4 or 16 bytes; an IPv4-mapped IPv6 address is the IPv4 address that it leads to. */
function parseAddress(text: string): readonly number[] | undefined {
  const [address = ''] = text.split('%')
  if (/^\d+\.\d+\.\d+\.\d+$/.test(address)) {
    const bytes = address.split('.').map(Number)
    return bytes.every((byte) => byte <= 255) ? bytes : undefined
  }
  if (!address.includes(':')) return undefined
  const bytes = parseIpv6(address)
  const isMapped = bytes?.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff
  return isMapped ? bytes?.slice(12) : bytes
}

function parseIpv6(address: string): readonly number[] | undefined {
  // The URL parser knows all spellings and writes the one with hexadecimal groups and at most one "::".
  if (!URL.canParse(`http://[${address}]`)) return undefined
  const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1)
  const [head = '', tail] = canonical.split('::')
  const left = head ? head.split(':') : []
  const right = tail ? tail.split(':') : []
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length
  const groups = [...left, ...Array<string>(zeros).fill('0'), ...right].map((group) => Number.parseInt(group, 16))
  return groups.flatMap((group) => [group >> 8, group & 0xff])
}

function named(list: readonly (readonly [range: string, name: string])[]) {
  return list.flatMap(([text, name]) => {
    const range = parseRange(text)
    return range ? [{ range, name }] : []
  })
}

const NOT_PUBLIC_4 = named([
  ['0.0.0.0/8', 'an unspecified address'],
  ['10.0.0.0/8', 'a private address'],
  ['100.64.0.0/10', "an address of a carrier's own network"],
  ['127.0.0.0/8', 'a loopback address'],
  ['169.254.0.0/16', 'a link-local address'],
  ['172.16.0.0/12', 'a private address'],
  ['192.0.0.0/24', 'a reserved address'],
  ['192.0.2.0/24', 'an address for documentation'],
  ['192.88.99.0/24', 'a relay address'],
  ['192.168.0.0/16', 'a private address'],
  ['198.18.0.0/15', 'an address for benchmarks'],
  ['198.51.100.0/24', 'an address for documentation'],
  ['203.0.113.0/24', 'an address for documentation'],
  ['224.0.0.0/4', 'a multicast address'],
  ['240.0.0.0/4', 'a reserved address'],
])

const NOT_PUBLIC_6 = named([
  ['::/128', 'an unspecified address'],
  ['::1/128', 'a loopback address'],
  ['64:ff9b::/96', 'an IPv4 address behind NAT64'],
  ['64:ff9b:1::/48', 'an IPv4 address behind NAT64'],
  ['fc00::/7', 'a private address'],
  ['fe80::/10', 'a link-local address'],
  ['ff00::/8', 'a multicast address'],
  ['2001::/23', 'a reserved or tunnelled address'],
  ['2001:db8::/32', 'an address for documentation'],
  ['2002::/16', 'an IPv4 address in a 6to4 tunnel'],
  ['3fff::/20', 'an address for documentation'],
])
