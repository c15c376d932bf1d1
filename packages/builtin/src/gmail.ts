// /gmail: sends one mail by the Gmail API. It reads no mailbox.

import { type Clock, type Component, FlowError, own } from '@stepflow/engine'
import { baseOf, type Environment, keyOf } from './credentials.ts'
import { define } from './define.ts'
import type { HttpClient } from './http-client.ts'
import { also, custom, duration, type Field, optional, text } from './input.ts'
import { words } from './loose-fields.ts'
import { type Mail, writeMail } from './mail.ts'
import { patient } from './rate-limit.ts'
import { askService } from './service.ts'

const NAME = '/builtin/gmail'

export function gmail(client: HttpClient, clock: Clock, env: Environment): Component {
  const component = define({
    name: 'gmail',
    description: 'Sends a mail from a Gmail account',
    fields: {
      to: optional(addresses('The receivers; GMAIL_TO of the environment if absent')),
      subject: optional(words('Empty if absent')),
      body: also(optional(words('As plain text')), 'message', 'text'),
      html: optional(
        custom('HTML text, or true if the body is HTML', { type: ['string', 'boolean'] }, (value) =>
          typeof value === 'string' || typeof value === 'boolean' ? value : undefined,
        ),
      ),
      cc: optional(addresses('Receivers of a copy')),
      bcc: optional(addresses('Receivers of a blind copy')),
      token: also(optional(text('GMAIL_ACCESS_TOKEN of the environment if absent')), 'api_key'),
      base_url: optional(text('GMAIL_BASE_URL of the environment if absent')),
      timeout: optional(duration('10 minutes if absent')),
    },
    output: {
      type: 'object',
      properties: { id: { type: 'string' }, thread_id: { type: 'string' } },
      required: ['id', 'thread_id'],
    },
    async call(input, context) {
      const { html } = input
      const to = input.to?.length ? input.to : readAddresses(env.GMAIL_TO || [])
      if (!to) throw new FlowError('INVALID_INPUT', `${NAME}: GMAIL_TO in the environment is not a mail address`)
      if (to.length === 0) {
        const message = `${NAME} needs "to": a mail address or a list of them, or set GMAIL_TO in the environment`
        throw new FlowError('INVALID_INPUT', message)
      }
      if (input.body === undefined && typeof html !== 'string') {
        throw new FlowError('INVALID_INPUT', `${NAME} needs "body": text`)
      }
      const mail: Mail = {
        to,
        cc: input.cc ?? [],
        bcc: input.bcc ?? [],
        subject: input.subject ?? '',
        text: html === true ? undefined : input.body,
        html: html === true ? input.body : html === false ? undefined : html,
      }
      const token = keyOf(NAME, input.token, env, ['GMAIL_ACCESS_TOKEN'])
      const base = baseOf(input.base_url, env, 'GMAIL_BASE_URL', 'https://gmail.googleapis.com')
      const answer = await askService(client, clock, {
        service: 'Gmail',
        url: `${base.url}/gmail/v1/users/me/messages/send`,
        headers: { authorization: `Bearer ${token}` },
        body: { raw: Buffer.from(writeMail(mail)).toString('base64url') },
        secrets: [token],
        trusted: base.trusted,
        signal: context.signal,
        ...(input.timeout === undefined ? {} : { timeoutMs: input.timeout }),
      })
      const id = own(answer, 'id')
      if (typeof id !== 'string') {
        throw new FlowError('COMPONENT_FAILED', 'Gmail answered without "id": is the base URL that of the Gmail API?')
      }
      return { id, thread_id: String(own(answer, 'threadId') ?? '') }
    },
  })
  return patient(component, clock)
}

// ---

/** A list, or text with commas between. */
function addresses(description: string): Field<readonly string[]> {
  return custom('mail addresses', { type: ['string', 'array'], description }, readAddresses)
}

function readAddresses(value: unknown): readonly string[] | undefined {
  const list: unknown[] = typeof value === 'string' ? value.split(',') : Array.isArray(value) ? value : [undefined]
  const read = list.map((one) => (typeof one === 'string' ? one.trim() : ''))
  return read.every(isAddress) ? read : undefined
}

/** `a@b.c` or `Name <a@b.c>`; nothing that could begin another header. */
function isAddress(text: string): boolean {
  return /^[^\s@<>,]+@[^\s@<>,]+$/.test(text) || /^[^\r\n<>@]*<[^\s@<>,]+@[^\s@<>,]+>$/.test(text)
}
