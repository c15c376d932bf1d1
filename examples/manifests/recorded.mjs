// What the services answer in the cases of these manifests. stand-ins.mjs gives the same answers over HTTP.

export function gemini({ prompt }) {
  return { content: answerOf(prompt), model: 'recorded', usage: null, finish_reason: 'STOP' }
}

export function anthropic({ prompt }) {
  const content = classOf(prompt)
  if (!content) throw new Error('the answer of Anthropic does not fit response_schema')
  return { content, model: 'recorded', usage: null, finish_reason: 'tool_use' }
}

export function slack({ channel = '#alerts' }) {
  return { ok: true, ts: '1700000000.000100', channel }
}

export function gmail() {
  return { id: 'm1', thread_id: 't1' }
}

export function http({ url }) {
  const tickets = ticketsAt(url)
  if (!tickets) throw new Error('410 Gone')
  return { status: 200, headers: {}, body: { tickets } }
}

export function answerOf(prompt) {
  const name = /greeting for (\w+)/.exec(prompt)?.[1]
  if (name) return `Hello ${name}!`
  return /fire|down|urgent:/i.test(prompt) ? 'urgent' : /\?$/.test(prompt) ? 'normal' : 'unclear'
}

export function classOf(prompt) {
  if (/database/.test(prompt)) return { severity: 9, topic: 'database' }
  return /password/.test(prompt) ? { severity: 3, topic: 'login' } : undefined
}

export function ticketsAt(url) {
  const login = { subject: 'Cannot log in', text: 'my password does not work', tags: ['login', 'web'] }
  if (url.endsWith('/bad')) return [login, { subject: 'Down', text: 'the database is gone' }]
  return url.endsWith('/mild') ? [{ subject: '?', text: 'asdf' }, login] : undefined
}
