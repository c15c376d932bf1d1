// /slack: posts one message by chat.postMessage. It reads no channel and lists none.

import { type Clock, type Component, FlowError, own } from '@stepflow/engine'
import { baseOf, type Environment, keyOf } from './credentials.ts'
import { define } from './define.ts'
import type { HttpClient } from './http-client.ts'
import { also, custom, duration, optional, text } from './input.ts'
import { jsonValue, words } from './loose-fields.ts'
import { patient } from './rate-limit.ts'
import { askService } from './service.ts'

const NAME = '/builtin/slack'

export function slack(client: HttpClient, clock: Clock, env: Environment): Component {
  const component = define({
    name: 'slack',
    description: 'Posts a message to a Slack channel',
    fields: {
      channel: optional(text('Its id or name; SLACK_CHANNEL of the environment if absent')),
      text: also(optional(words('The message')), 'message'),
      thread_ts: optional(text('The message that this one answers')),
      blocks: optional(
        custom('a list', { type: ['array', 'string'], description: "Slack's layout blocks" }, (value) => {
          const blocks = jsonValue(value)
          return Array.isArray(blocks) ? (blocks as readonly unknown[]) : undefined
        }),
      ),
      token: also(optional(text('SLACK_BOT_TOKEN of the environment if absent')), 'api_key'),
      base_url: optional(text('With /api; SLACK_API_URL of the environment if absent')),
      timeout: optional(duration('10 minutes if absent')),
    },
    output: {
      type: 'object',
      properties: { ok: { type: 'boolean' }, ts: { type: 'string' }, channel: { type: 'string' } },
      required: ['ok', 'ts', 'channel'],
    },
    async call(input, context) {
      const channel = input.channel || env.SLACK_CHANNEL
      if (!channel) {
        throw new FlowError(
          'INVALID_INPUT',
          `${NAME} needs "channel": give one, or set SLACK_CHANNEL in the environment`,
        )
      }
      if (input.text === undefined && input.blocks === undefined) {
        throw new FlowError('INVALID_INPUT', `${NAME} needs "message": text, or "blocks"`)
      }
      const token = keyOf(NAME, input.token, env, ['SLACK_BOT_TOKEN'])
      const base = baseOf(input.base_url, env, 'SLACK_API_URL', 'https://slack.com/api')
      const answer = await askService(client, clock, {
        service: 'Slack',
        url: `${base.url}/chat.postMessage`,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json; charset=utf-8' },
        body: {
          channel,
          ...(input.text === undefined ? {} : { text: input.text }),
          ...(input.blocks === undefined ? {} : { blocks: input.blocks }),
          ...(input.thread_ts === undefined ? {} : { thread_ts: input.thread_ts }),
        },
        secrets: [token],
        trusted: base.trusted,
        signal: context.signal,
        ...(input.timeout === undefined ? {} : { timeoutMs: input.timeout }),
      })
      if (own(answer, 'ok') !== true) throw refusal(own(answer, 'error'), channel)
      return {
        ok: true,
        ts: String(own(answer, 'ts') ?? ''),
        channel: String(own(answer, 'channel') ?? channel),
      }
    },
  })
  return patient(component, clock)
}

// ---

const TIPS: Readonly<Record<string, string>> = {
  channel_not_found: 'is the channel spelt right, and is the bot in it?',
  not_in_channel: 'invite the bot to the channel',
  is_archived: 'the channel is archived',
  invalid_auth: 'is the token right?',
  not_authed: 'is the token right?',
  token_revoked: 'the token was revoked',
  account_inactive: 'the token belongs to a user who is gone',
  missing_scope: 'the token needs the scope chat:write',
  no_text: 'the message is empty',
  msg_too_long: 'the message is too long',
}
const PASSING = new Set(['ratelimited', 'internal_error', 'fatal_error', 'service_unavailable', 'request_timeout'])

/** Slack says "200 OK" and no. */
function refusal(error: unknown, channel: string): FlowError {
  const code = typeof error === 'string' ? error : 'no reason given'
  const tip = Object.hasOwn(TIPS, code) ? ` (${TIPS[code]})` : ''
  const message = `Slack refused the message to ${channel}: ${code}${tip}`
  const data = { error: code }
  return PASSING.has(code)
    ? new FlowError('RESOURCE_UNAVAILABLE', message, { data })
    : new FlowError('COMPONENT_FAILED', message, { data, retryable: false })
}
