// --url and --token: the server that a command talks to.

import type { StepflowClient } from '@stepflow/api/client'
import { FlowError } from '@stepflow/engine'
import type { Args, Io, Option } from '../command.ts'
import type { Messages } from '../messages.ts'

export const urlOption: Option = {
  name: 'url',
  value: 'URL',
  does: 'the server; its address may end in /api/v1',
}

export const tokenOption: Option = {
  name: 'token',
  value: 'TOKEN',
  does: 'an access token of the server; else STEPFLOW_TOKEN of the environment',
}

const DEFAULT_URL = 'http://127.0.0.1:7837'

export async function openClient(args: Args, io: Io): Promise<StepflowClient> {
  const { StepflowClient } = await import('@stepflow/api/client')
  const token = args.value('token') ?? io.env.STEPFLOW_TOKEN
  return new StepflowClient({ url: args.value('url') ?? DEFAULT_URL, ...(token ? { token } : {}) })
}

/** The options that lead another command to the same server. */
export function urlWords(client: StepflowClient): readonly string[] {
  return ['--url', client.url]
}

/** Reports once in a while that the server is away, and that it is tried again. */
export function reportAway(messages: Messages): (error: FlowError) => void {
  let last = ''
  return ({ message }) => {
    if (message === last) return
    last = message
    messages.hint(`${message}; trying again`)
  }
}

/** A server that is not there ends a command as an id does that is not there. */
export function remoteFailure(thrown: unknown): unknown {
  if (!FlowError.is(thrown)) return thrown
  if (thrown.code === 'UNREACHABLE' || thrown.code === 'RESOURCE_UNAVAILABLE') {
    return new FlowError('NOT_FOUND', thrown.message, { cause: thrown })
  }
  if (thrown.code !== 'UNAUTHENTICATED') return thrown
  return new FlowError(thrown.code, `${thrown.message} (--token, or STEPFLOW_TOKEN in the environment)`)
}
