// Stand-ins for Gemini, Anthropic, Slack and Gmail that speak their protocols. Prints the environment to use them with.
//
//   node examples/manifests/stand-ins.mjs > /tmp/stand-ins.env &
//   set -a; . /tmp/stand-ins.env; set +a
//   npx stepflow run examples/manifests/loop.yaml

import { createServer } from 'node:http'
import { answerOf, classOf, ticketsAt } from './recorded.mjs'

const server = createServer(async (request, response) => {
  let text = ''
  for await (const chunk of request) text += chunk
  const { status = 200, body } = answer(request.url, text === '' ? {} : JSON.parse(text))
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
})

server.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () => {
  const origin = `http://127.0.0.1:${server.address().port}`
  const env = {
    GOOGLE_GEMINI_BASE_URL: origin,
    GEMINI_API_KEY: 'gemini-key',
    ANTHROPIC_BASE_URL: origin,
    ANTHROPIC_API_KEY: 'anthropic-key',
    SLACK_API_URL: `${origin}/api`,
    SLACK_BOT_TOKEN: 'slack-token',
    SLACK_CHANNEL: '#alerts',
    GMAIL_BASE_URL: origin,
    GMAIL_ACCESS_TOKEN: 'gmail-token',
  }
  for (const [name, value] of Object.entries(env)) console.log(`${name}='${value}'`)
})

function answer(url, asked) {
  if (url.startsWith('/v1beta/models/')) {
    const text = answerOf(asked.contents.at(-1).parts[0].text)
    return {
      body: { candidates: [{ content: { parts: [{ text }] }, finishReason: 'STOP' }], modelVersion: 'stand-in' },
    }
  }
  if (url === '/v1/messages') {
    const input = classOf(asked.messages.at(-1).content) ?? { topic: 'unclear' }
    const content = [{ type: 'tool_use', id: 't', name: 'answer', input }]
    return {
      body: { model: 'stand-in', content, stop_reason: 'tool_use', usage: { input_tokens: 1, output_tokens: 1 } },
    }
  }
  if (url === '/api/chat.postMessage') return { body: { ok: true, ts: '1700000000.000100', channel: asked.channel } }
  if (url === '/gmail/v1/users/me/messages/send') return { body: { id: 'm1', threadId: 't1' } }
  const tickets = ticketsAt(url)
  return tickets ? { body: { tickets } } : { status: 410, body: { error: { message: 'Gone' } } }
}
