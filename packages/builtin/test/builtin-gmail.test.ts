import { expect, test } from 'vitest'
import { createBuiltinPlugin } from '../src/plugin.ts'
import { call, failure } from './builtin-context.ts'
import { KEY, pluginAt } from './service-stand-in.ts'

const sent = { id: 'm1', threadId: 't1', labelIds: ['SENT'] }
const mailOf = (asked: { body: { raw: string } } | undefined) =>
  Buffer.from(asked?.body.raw ?? '', 'base64url').toString()
const bodyOf = (mail: string) => Buffer.from(mail.split('\r\n\r\n')[1] ?? '', 'base64').toString()

test('a mail is sent; the answer is id and thread_id', async () => {
  const { plugin, asked } = await pluginAt(() => ({ body: sent }))

  const answer = await call(plugin, '/gmail', { to: 'a@b.example', cc: ['c@d.example'], subject: 'Hi', body: 'Grüße' })

  expect(answer).toEqual({ id: 'm1', thread_id: 't1' })
  expect(asked[0]).toMatchObject({
    path: '/gmail/v1/users/me/messages/send',
    headers: { authorization: `Bearer ${KEY}` },
  })
  const mail = mailOf(asked[0])
  expect(mail).toContain('To: a@b.example\r\nCc: c@d.example\r\nSubject: Hi\r\n')
  expect(mail).toContain('Content-Type: text/plain; charset=UTF-8')
  expect(bodyOf(mail)).toBe('Grüße')
})

test('without "to" it goes to GMAIL_TO of the environment', async () => {
  const { plugin, asked } = await pluginAt(() => ({ body: sent }), { GMAIL_TO: 'a@b.example, Me <c@d.example>' })

  await call(plugin, '/gmail', { body: 'x' })
  await call(plugin, '/gmail', { to: 'other@b.example', body: 'x' })

  expect(mailOf(asked[0])).toContain('To: a@b.example, Me <c@d.example>\r\n')
  expect(mailOf(asked[1])).toContain('To: other@b.example\r\n')
})

test('a GMAIL_TO that is no address is named', async () => {
  const plugin = createBuiltinPlugin({ env: { GMAIL_ACCESS_TOKEN: KEY, GMAIL_TO: 'nobody' } })

  expect((await failure(call(plugin, '/gmail', { body: 'x' }))).message).toContain('GMAIL_TO')
})

test('text and HTML together are alternatives', async () => {
  const { plugin, asked } = await pluginAt(() => ({ body: sent }))

  await call(plugin, '/gmail', { to: 'a@b.example', message: 'plain', html: '<b>bold</b>' })

  const mail = mailOf(asked[0])
  expect(mail).toContain('multipart/alternative')
  expect(mail).toContain(Buffer.from('<b>bold</b>').toString('base64'))
})

test('html: true makes the body HTML', async () => {
  const { plugin, asked } = await pluginAt(() => ({ body: sent }))

  await call(plugin, '/gmail', { to: 'a@b.example', body: '<b>x</b>', html: true })

  expect(mailOf(asked[0])).toContain('Content-Type: text/html')
})

test('a subject cannot become a header', async () => {
  const { plugin, asked } = await pluginAt(() => ({ body: sent }))

  await call(plugin, '/gmail', { to: 'a@b.example', subject: 'x\r\nBcc: evil@x.example ü 😀'.repeat(5), body: 'b' })

  const head = mailOf(asked[0]).split('\r\n\r\n')[0] ?? ''
  expect(head).not.toMatch(/^Bcc/m)
  expect(head.split('\r\n').every((line) => line.length < 100)).toBe(true)
})

test.each([
  [{ body: 'x' }, 'needs "to": a mail address'],
  [{ to: '', body: 'x' }, 'needs "to" to be mail addresses'],
  [{ to: 'a@b.example\r\nBcc: evil@x.example', body: 'x' }, 'needs "to" to be mail addresses'],
  [{ to: 'nobody', body: 'x' }, 'needs "to" to be mail addresses'],
  [{ to: ['a@b.example', 7], body: 'x' }, 'needs "to" to be mail addresses'],
  [{ to: 'a@b.example' }, 'needs "body": text'],
])('%j is refused, naming the field', async (input, message) => {
  const error = await failure(call(createBuiltinPlugin({ env: { GMAIL_ACCESS_TOKEN: KEY } }), '/gmail', input))

  expect(error.code).toBe('INVALID_INPUT')
  expect(error.message).toContain(message)
})

test('an answer without an id is an error', async () => {
  const { plugin } = await pluginAt(() => ({ body: {} }))

  expect((await failure(call(plugin, '/gmail', { to: 'a@b.example', body: 'x' }))).message).toContain('without "id"')
})
