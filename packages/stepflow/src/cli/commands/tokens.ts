// stepflow tokens: what opens a server's API, made in its store or by itself. A token is printed once, when it is made.

import type { StepflowClient } from '@stepflow/api/client'
import { systemClock } from '@stepflow/engine'
import { type NewToken, ROLES, type Role, Tokens, tokenSummary } from '@stepflow/host/tokens'
import { durationOption, usage } from '../args.ts'
import type { Args, Command, Io } from '../command.ts'
import { createMessages, type Messages } from '../messages.ts'
import { type AbsentStore, openNamedStore, whichStore } from '../open-store.ts'
import { atServer, refuseLocal, serverOptions } from '../remote/open-client.ts'
import { tableOf } from '../table.ts'

const whose = [...whichStore, ...serverOptions]

const list: Command = {
  name: 'tokens list',
  summary: 'list the tokens: their roles, ends and last uses, never the tokens themselves',
  operands: '',
  options: [
    { name: 'json', does: 'print an array of {id, name?, role, prefix, createdAt, lastUsedAt?, expiresAt?}' },
    ...whose,
  ],
  examples: [{ does: 'who may use the server', line: 'stepflow tokens list' }],
  async run(args, io) {
    return withTokens(list, args, io, 'empty', async (tokens, messages) => {
      const rows = await tokens.list()
      if (args.has('json')) io.out(`${JSON.stringify(rows)}\n`)
      else if (rows.length === 0) messages.hint('no tokens: `stepflow tokens create --role viewer` creates one')
      else {
        const names = ['ID', 'ROLE', 'NAME', 'CREATED', 'LAST USED', 'EXPIRES']
        const cells = rows.map(({ id, role, name = '', createdAt, lastUsedAt = '', expiresAt = '' }) => {
          return [id, role, name, createdAt, lastUsedAt, expiresAt]
        })
        io.out(tableOf(names, cells, io.terminal.color.out))
      }
      return 0
    })
  },
}

const create: Command = {
  name: 'tokens create',
  summary: 'create a token and print it, once',
  operands: '',
  options: [
    {
      name: 'role',
      value: 'ROLE',
      choices: [...ROLES],
      does: 'what the token allows: to read; also to run flows; everything',
    },
    { name: 'name', value: 'NAME', does: 'whose it is, or what it is for; runs show it' },
    { name: 'expires', value: 'TIME', does: 'how long it holds: 30d, 12h', default: 'until it is revoked' },
    ...whose,
  ],
  examples: [
    { does: 'for a program that runs flows', line: 'stepflow tokens create --role operator --name ci --expires 30d' },
  ],
  async run(args, io) {
    const role = args.value('role') as Role | undefined // one of the choices
    if (role === undefined) throw usage(create, `needs --role, which is one of: ${ROLES.join(', ')}`)
    const given = { role, name: args.value('name'), expiresInMs: durationOption(create, args, 'expires') }
    return withTokens(create, args, io, 'made', async (tokens, messages) => {
      const { id, token } = await tokens.create(given)
      io.out(`${token}\n`)
      messages.hint(`this is printed once; \`stepflow tokens revoke ${id}\` ends it`)
      return 0
    })
  },
}

const revoke: Command = {
  name: 'tokens revoke',
  summary: 'end a token at once',
  operands: 'ID',
  options: whose,
  examples: [{ does: 'by its id in the list', line: 'stepflow tokens revoke ID' }],
  async run(args, io) {
    const [id] = args.operands
    if (id === undefined) throw usage(revoke, 'needs the id of a token: stepflow tokens revoke ID')
    return withTokens(revoke, args, io, 'refused', async (tokens, messages) => {
      await tokens.revoke(id)
      messages.hint(`token ${id} is revoked`)
      return 0
    })
  },
}

export const tokens: Command = {
  name: 'tokens',
  summary: 'create, list and revoke the tokens that open a server',
  operands: '[ACTION]',
  words: ['list', 'create', 'revoke'],
  actions: [list, create, revoke],
  options: list.options,
  examples: [...create.examples, ...list.examples, ...revoke.examples],
  // Without an action, they are listed.
  run: list.run,
}

// ---

/** Of a store, or of a server. */
interface TokensPlace {
  list(): Promise<readonly ReturnType<typeof tokenSummary>[]>
  create(token: NewToken): Promise<{ readonly id: string; readonly token: string }>
  revoke(id: string): Promise<void>
}

async function withTokens(
  command: Command,
  args: Args,
  io: Io,
  absent: AbsentStore,
  act: (tokens: TokensPlace, messages: Messages) => Promise<number>,
): Promise<number> {
  const messages = createMessages(args, io)
  if (args.value('url') !== undefined) {
    refuseLocal(command, args, ['store', 'config'])
    return atServer(args, io, (client) => act(ofServer(client), messages))
  }
  const opened = await openNamedStore({ command, args, io, messages, absent })
  try {
    const tokens = new Tokens(opened.store.records, systemClock)
    const inStore: TokensPlace = {
      list: async () => (await tokens.list()).map(tokenSummary),
      create: (token) => tokens.create(token),
      revoke: (id) => tokens.revoke(id),
    }
    return await act(inStore, messages)
  } finally {
    await opened.store.close()
  }
}

function ofServer(client: StepflowClient): TokensPlace {
  return {
    list: async () => (await client.listTokens()).tokens,
    create: ({ role, name, expiresInMs }) =>
      client.createToken({
        role,
        ...(name === undefined ? {} : { name }),
        ...(expiresInMs === undefined ? {} : { expiresIn: `${expiresInMs}ms` }),
      }),
    revoke: (id) => client.revokeToken(id),
  }
}
