import { expect, test } from 'vitest'
import { userIn } from '../src/grpc/peer-user.ts'

const HEAD = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode'
const line = (local: string, remote: string, state: string, user: number) =>
  `   0: ${local} ${remote} ${state} 00000000:00000000 00:00000000 00000000 ${user}        0 4711 1 0 20 4 30 10 -1`
const table = (...lines: string[]) => [HEAD, ...lines, ''].join('\n')
/** 127.0.0.1 with ports 40,000, 50,000 and 60,000. */
const [A, B, C] = ['0100007F:9C40', '0100007F:C350', '0100007F:EA60']

test('what is left of a closed connection from the same port does not pass for the one that is open', () => {
  const open = line(A, B, '01', 65_534)

  expect(userIn(table(line(A, C, '06', 0), open), 40_000, 50_000)).toBe(65_534)
  expect(userIn(table(line(A, B, '06', 0), open), 40_000, 50_000)).toBe(65_534)
  expect(userIn(table(line(A, C, '01', 0), open), 40_000, 50_000)).toBe(65_534)
})

test('our own end of the connection is not taken for the other', () => {
  expect(userIn(table(line(B, A, '01', 0)), 40_000, 50_000)).toBeUndefined()
})

test('who has sent all and still reads is known', () => {
  expect(userIn(table(line(A, B, '05', 65_534)), 40_000, 50_000)).toBe(65_534)
})

test('a socket of IPv6 for an address of IPv4 is found', () => {
  const mapped = (place: string) => `0000000000000000FFFF0000${place}`

  expect(userIn(table(line(mapped(A), mapped(B), '01', 1000)), 40_000, 50_000)).toBe(1000)
})
