// Speaks enough of OpenAI's chat protocol for the example: node openai-stand-in.mjs [PORT]. No intelligence inside.
import { createServer } from 'node:http'

const server = createServer(async (request, response) => {
  if (request.method !== 'POST' || request.url !== '/v1/chat/completions')
    return send(response, 404, 'no such endpoint')
  if (!request.headers.authorization?.startsWith('Bearer ')) return send(response, 401, 'no API key given')
  let text = ''
  for await (const chunk of request.setEncoding('utf8')) text += chunk
  const { model, messages } = JSON.parse(text)
  const content = analyse(messages.at(-1).content)
  const usage = {
    prompt_tokens: words(text),
    completion_tokens: words(content),
    total_tokens: words(text) + words(content),
  }
  send(response, 200, {
    id: 'chatcmpl-local',
    object: 'chat.completion',
    created: 0,
    model,
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
    usage,
  })
})

server.listen(Number(process.argv[2] ?? 8791), '127.0.0.1', () => {
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  console.log(`http://127.0.0.1:${port}/v1`)
})

// ---

/** @param {string} prompt */
function analyse(prompt) {
  const [, task, text] = /^Perform (\w+) analysis on: (.*)$/s.exec(prompt) ?? []
  if (task === 'sentiment') return /love|good|great|happy/i.test(text) ? 'positive' : 'negative'
  if (task === 'summary') return text.split(/(?<=[.!?])\s/)[0]
  if (task === 'classification') return /invoice|payable/i.test(text) ? 'invoice' : 'other'
  return `I can not say anything about: ${prompt}`
}

/** @param {string} text */
function words(text) {
  return text.split(/\s+/).length
}

/** @param {import('node:http').ServerResponse} response @param {number} status @param {unknown} body */
function send(response, status, body) {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(status === 200 ? body : { error: { message: body, type: 'invalid_request_error' } }))
}
