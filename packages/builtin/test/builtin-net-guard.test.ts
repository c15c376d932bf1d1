import { describe, expect, test } from 'vitest'
import { createNetGuard, refusal } from '../src/net-guard.ts'
import { createBuiltinPlugin } from '../src/plugin.ts'
import { call, failure, serve } from './builtin-context.ts'

describe('refused, however it is written', () => {
  const urls = [
    'http://127.0.0.1/',
    'http://127.1/',
    'http://2130706433/',
    'http://0x7f000001/',
    'http://0x7f.0.0.1/',
    'http://0177.0.0.1/',
    'http://017700000001/',
    'http://127.0.0.1./',
    'http://１２７.0.0.1/',
    'http://127.255.255.254:8080/',
    'http://0/',
    'http://0.0.0.0/',
    'http://10.1.2.3/',
    'http://172.16.0.1/',
    'http://172.31.255.255/',
    'http://192.168.0.1/',
    'http://100.64.0.1/',
    'http://100.127.255.255/',
    'http://169.254.169.254/latest/meta-data/',
    'http://192.0.0.1/',
    'http://198.18.0.1/',
    'http://224.0.0.1/',
    'http://255.255.255.255/',
    'http://[::]/',
    'http://[::1]/',
    'http://[0:0:0:0:0:0:0:1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:7f00:1]/',
    'http://[::ffff:10.0.0.1]/',
    'http://[::127.0.0.1]/',
    'http://[64:ff9b::7f00:1]/',
    'http://[64:ff9b::8.8.8.8]/',
    'http://[64:ff9b:1::1]/',
    'http://[fe80::1]/',
    'http://[fec0::1]/',
    'http://[fc00::1]/',
    'http://[fd12:3456::1]/',
    'http://[ff02::1]/',
    'http://[2002:7f00:1::]/',
    'http://[2001::1]/',
    'http://[100::1]/',
    'https://user:pass@127.0.0.1/',
  ]
  test.each(urls)('%s', async (url) => {
    const error = await failure(call(createBuiltinPlugin(), '/http', { url }))

    expect(error.code).toBe('INVALID_INPUT')
    expect(error.message).toMatch(/is refused: .* is .*; to permit it, add ".*" to http\.allow_private/)
    expect(error.message).not.toContain('pass')
  })

  test.each(['127.0.0.1', '10.0.0.8', '::1', 'fd00::1', '169.254.169.254'])(
    'a name that resolves to %s',
    async (address) => {
      const plugin = createBuiltinPlugin({ resolve: async () => [{ address, family: address.includes(':') ? 6 : 4 }] })

      const error = await failure(call(plugin, '/http', { url: 'http://innocent.example/' }))

      expect(error.code).toBe('INVALID_INPUT')
      expect(error.message).toContain(`${address} is`)
      expect(error.message).toContain('innocent.example resolves to it')
    },
  )

  test('localhost, through the real resolver', async () => {
    const error = await failure(call(createBuiltinPlugin(), '/http', { url: 'http://localhost:1/' }))

    expect(error.code).toBe('INVALID_INPUT')
    expect(error.message).toContain('a loopback address')
  })

  test.each([301, 302, 303, 307, 308])('where a redirect with status %i leads', async (status) => {
    let secretRead = false
    const secret = await serve((_request, response) => {
      secretRead = true
      response.end('secret')
    })
    const open = await serve((_request, response) => response.writeHead(status, { location: secret }).end())
    const plugin = createBuiltinPlugin({ allowPrivate: [new URL(open).host] })

    const error = await failure(call(plugin, '/http', { url: open }))

    expect(error.code).toBe('INVALID_INPUT')
    expect(error.message).toContain(`"${new URL(secret).host}"`)
    expect(secretRead).toBe(false)
  })

  test.each(['file:///etc/passwd', 'ftp://example.com/', 'gopher://127.0.0.1/'])(
    '%s, asked for or redirected to',
    async (url) => {
      const open = await serve((_request, response) => response.writeHead(302, { location: url }).end())
      const plugin = createBuiltinPlugin({ allowPrivate: ['*'] })

      for (const error of [
        await failure(call(plugin, '/http', { url })),
        await failure(call(plugin, '/http', { url: open })),
      ]) {
        expect(error.code).toBe('INVALID_INPUT')
        expect(error.message).toContain('only http:// and https:// can')
      }
    },
  )

  test('the second answer of a name server that changes its mind', async () => {
    let asked = 0
    const origin = await serve((_request, response) =>
      response.writeHead(200, { connection: 'close' }).end('"reached"'),
    )
    const plugin = createBuiltinPlugin({
      allowPrivate: ['127.0.0.1'],
      resolve: async () => [{ address: asked++ === 0 ? '127.0.0.1' : '127.0.0.2', family: 4 }],
    })
    const url = `http://rebinding.example:${new URL(origin).port}/`
    await call(plugin, '/http', { url })

    const error = await failure(call(plugin, '/http', { url }))

    expect(error.message).toContain('127.0.0.2 is a loopback address')
  })
})

describe('public addresses are not refused', () => {
  test.each([
    '8.8.8.8',
    '172.32.0.1',
    '100.63.255.255',
    '100.128.0.1',
    '169.253.0.1',
    '192.169.0.1',
    '223.255.255.255',
    '2606:4700::1111',
    '2a00:1450::1',
  ])('%s', (address) => {
    expect(refusal(address)).toBeUndefined()
  })
})

describe('allow_private lets through', () => {
  const resolve = async () => [{ address: '127.0.0.1', family: 4 }]
  const cases: [entry: string, host: string][] = [
    ['*', '127.0.0.1'],
    ['127.0.0.1', '127.0.0.1'],
    ['127.0.0.1:PORT', '127.0.0.1'],
    ['127.0.0.0/8', '127.0.0.1'],
    ['127.0.0.0/8:PORT', '127.0.0.1'],
    ['*:PORT', '127.0.0.1'],
    ['127.0.0.1', 'db.internal'],
    ['db.internal', 'db.internal'],
    ['DB.Internal:PORT', 'db.internal'],
    ['*.internal', 'db.internal'],
    ['*.internal:PORT', 'a.b.internal'],
    ['http://127.0.0.1:PORT/', '127.0.0.1'],
    ['::ffff:127.0.0.1', '127.0.0.1'],
  ]
  test.each(cases)('"%s": %s', async (entry, host) => {
    const { port } = new URL(await serve((_request, response) => response.end('"reached"')))
    const plugin = createBuiltinPlugin({ allowPrivate: [entry.replace('PORT', port)], resolve })

    expect(await call(plugin, '/http/get', { url: `http://${host}:${port}/` })).toMatchObject({ body: 'reached' })
  })

  test.each(['::1', '[::1]:8080', '::/64', '[::1]', '0:0::1'])('"%s": [::1]', (entry) => {
    const guard = createNetGuard({ allowPrivate: [entry] })

    expect(() => guard.check(new URL('http://[::1]:8080/'))).not.toThrow()
    expect(() => guard.check(new URL('http://[fd00::1]:8080/'))).toThrow('is refused')
  })

  test.each([
    ['127.0.0.1:1', '127.0.0.1'],
    ['*:1', '127.0.0.1'],
    ['10.0.0.0/8', '127.0.0.1'],
    ['*.internal', 'internal'],
    ['*.internal', 'evilinternal'],
    ['internal', 'db.internal'],
    ['::1', '127.0.0.1'],
  ])('"%s", but not %s', async (entry, host) => {
    const plugin = createBuiltinPlugin({ allowPrivate: [entry], resolve })

    expect((await failure(call(plugin, '/http', { url: `http://${host}:4242/` }))).message).toContain('is refused')
  })

  test('the addresses of a name that are allowed, and not its others', async () => {
    const { port } = new URL(await serve((_request, response) => response.end('"reached"')))
    const both = [
      { address: '10.9.9.9', family: 4 },
      { address: '127.0.0.1', family: 4 },
    ]
    const plugin = createBuiltinPlugin({ allowPrivate: ['127.0.0.1'], resolve: async () => both })

    expect(await call(plugin, '/http', { url: `http://two.example:${port}/` })).toMatchObject({ body: 'reached' })
  })

  test.each(['10.0.0.0/33', '300.1.1.1', 'a b', '', 'fe80::/129'])('nothing for "%s", which is an error', (entry) => {
    expect(() => createBuiltinPlugin({ allowPrivate: [entry] })).toThrow('http.allow_private')
  })
})
