// --url and --token: the server that a command talks to.

import type { StepflowClient } from '@stepflow/api/client'
import { type ErrorCode, FlowError, own } from '@stepflow/engine'
import { usage } from '../args.ts'
import type { Args, Command, Io, Option } from '../command.ts'
import type { Messages } from '../messages.ts'
import { version } from '../version.ts'

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

/** Of commands that are about a store or a server. */
export const serverOptions: readonly Option[] = [
  { ...urlOption, does: 'a server in place of a store; its address may end in /api/v1' },
  tokenOption,
]

const DEFAULT_URL = 'http://127.0.0.1:7837'

async function openClient(args: Args, io: Io): Promise<StepflowClient> {
  const { StepflowClient } = await import('@stepflow/api/client')
  const token = args.value('token') ?? io.env.STEPFLOW_TOKEN
  return new StepflowClient({ url: args.value('url') ?? DEFAULT_URL, ...(token ? { token } : {}) })
}

/** Asks a server; what it refuses is reported with what to do about it. */
export async function atServer<T>(args: Args, io: Io, ask: (client: StepflowClient) => Promise<T>): Promise<T> {
  const client = await openClient(args, io)
  try {
    return await ask(client)
  } catch (thrown) {
    throw remoteFailure(thrown, client.url)
  }
}

/** Options of this machine, beside --url. */
export function refuseLocal(command: Pick<Command, 'name'>, args: Args, names: readonly string[]): void {
  for (const name of names) {
    if (args.value(name) !== undefined || args.has(name))
      throw usage(command, `--${name} is of this machine, and --url names a server: use one of them`)
  }
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

/** What a server refused, with what to do about it. One that is not there ends a command as an id does that is not there. */
export function remoteFailure(thrown: unknown, url: string): unknown {
  if (!FlowError.is(thrown)) return thrown
  const { code, message } = thrown
  const as = (next: ErrorCode, text: string) => new FlowError(next, text, { cause: thrown })
  if (own(thrown.data, 'reason') === 'no such route') {
    const base = otherBase(message)
    if (base !== undefined) {
      const { origin } = new URL(url)
      return as('NOT_FOUND', `the server is at ${origin}${base}, not at ${url}: give that address`)
    }
    const what = `the server at ${url} cannot do this (${message})`
    return as('NOT_FOUND', `${what}: it is of another version than this program (${version}); update the older one`)
  }
  switch (code) {
    case 'UNREACHABLE':
      return as('NOT_FOUND', `${message}. Is a server there? \`stepflow serve\` starts one`)
    case 'RESOURCE_UNAVAILABLE':
      return as('NOT_FOUND', `the server at ${url} is not ready: ${message}`)
    case 'UNAUTHENTICATED':
      return as(code, `the server at ${url} refuses: ${message} (--token, or STEPFLOW_TOKEN in the environment)`)
    case 'FORBIDDEN':
      return as(
        code,
        `the server at ${url} refuses: ${message}. \`stepflow tokens create\` on its machine makes another`,
      )
    default:
      return thrown
  }
}

// ---

/** Where the API of the server stands, if that is not where it was asked for (`--base-path`). */
function otherBase(message: string): string | undefined {
  const [, asked, there] = /^there is no (\S*)\/api\/v1\/.*did you mean (\S*)\/api\/v1\//.exec(message) ?? []
  return asked === there ? undefined : there
}
