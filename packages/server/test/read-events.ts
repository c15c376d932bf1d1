// Server-sent events, as a browser reads them: an event has the last id that came with it or before it.

import { expect } from 'vitest'

export interface Event {
  readonly id: string
  readonly event: string
  readonly data: any
}

export async function* readEvents(answer: Response): AsyncGenerator<Event> {
  expect(answer.headers.get('content-type')).toMatch(/^text\/event-stream/)
  let [text, id] = ['', '']
  for await (const piece of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += piece
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const fields = new Map(
        text
          .slice(0, end)
          .split('\n')
          .map((line) => line.split(/: (.*)/s) as [string, string]),
      )
      text = text.slice(end + 2)
      id = fields.get('id') ?? id
      const data = fields.get('data')
      if (data !== undefined) yield { id, event: fields.get('event') ?? 'message', data: JSON.parse(data) }
    }
  }
}
