// The components that are one expression: noop and create_messages.

import type { Component } from '@stepflow/engine'
import { define } from './define.ts'
import { also, optional, text } from './input.ts'

/** Takes anything at all, so it is not defined by fields. */
export const noop: Component = {
  info: { name: '/noop', description: 'Gives its input', inputSchema: {}, outputSchema: {}, repeatable: true },
  call: (input) => input,
}

export const createMessages: Component = define({
  name: 'create_messages',
  description: 'Makes the messages of a chat from texts',
  fields: {
    user_prompt: also(text('What the user says'), 'prompt'),
    system_instructions: also(optional(text('What goes before it')), 'system'),
  },
  output: { type: 'object', properties: { messages: { type: 'array' } }, required: ['messages'] },
  primary: 'messages',
  repeatable: true,
  call({ system_instructions, user_prompt }) {
    const user = { role: 'user', content: user_prompt }
    if (system_instructions === undefined) return { messages: [user] }
    return { messages: [{ role: 'system', content: system_instructions }, user] }
  },
})
