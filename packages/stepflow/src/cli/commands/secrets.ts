// stepflow secrets: the secrets in a store, or of a server, by name. No value is ever printed.

import type { StepflowClient } from '@stepflow/api/client'
import { FlowError } from '@stepflow/engine'
import type { StoredSecrets } from '@stepflow/host/secrets'
import { usage } from '../args.ts'
import type { Args, Command, Io } from '../command.ts'
import { createMessages, type Messages } from '../messages.ts'
import { type AbsentStore, openNamedStore, whichStore } from '../open-store.ts'
import { readHidden } from '../read-hidden.ts'
import { atServer, refuseLocal, serverOptions } from '../remote/open-client.ts'
import { readStdin } from '../sources.ts'
import { tableOf } from '../table.ts'

const whose = [...whichStore, ...serverOptions]

const list: Command = {
  name: 'secrets list',
  summary: 'list the names of the secrets in the store and in the environment',
  operands: '',
  options: [{ name: 'json', does: 'print an array of {name, updatedAt?, from}; of a server also usedBy' }, ...whose],
  examples: [{ does: 'their names, never their values', line: 'stepflow secrets list' }],
  async run(args, io) {
    return withSecrets(list, args, io, 'empty', async ({ secrets, messages }) => {
      const rows = await secrets.list()
      if (args.has('json')) io.out(`${JSON.stringify(rows)}\n`)
      else if (rows.length === 0) messages.hint('no secrets: `stepflow secrets set NAME` sets one')
      else {
        const cells = rows.map(({ name, from, updatedAt }) => [name, from, updatedAt ?? ''])
        io.out(tableOf(['NAME', 'FROM', 'UPDATED'], cells, io.terminal.color.out))
      }
      return 0
    })
  },
}

const set: Command = {
  name: 'secrets set',
  summary: 'set a secret, whose value is read from stdin, or asked for without being shown',
  operands: 'NAME',
  options: [
    {
      name: 'value',
      value: 'VALUE',
      does: 'the value; other users of this machine can see it while the command runs, and the shell keeps it',
    },
    ...whose,
  ],
  examples: [
    { does: 'typed, without being shown', line: 'stepflow secrets set api_key' },
    { does: 'from a file; the line end at its end is left out', line: 'stepflow secrets set deploy_key < key.pem' },
  ],
  async run(args, io) {
    const [name] = args.operands
    if (name === undefined) throw usage(set, 'needs a name: stepflow secrets set NAME')
    const { checkSecret, weaknessOf } = await import('@stepflow/host/secrets')
    // Before anybody types a value for nothing.
    checkSecret(name, 'any')
    return withSecrets(set, args, io, 'made', async ({ secrets, messages }) => {
      const value = args.value('value') ?? (await typedValue(name, io, messages))
      // Before it is sent: a server would say it in the words of its API.
      checkSecret(name, value)
      const { where, isHidden } = await secrets.set(name, value)
      messages.hint(`the secret "${name}" is set ${where}`)
      const weakness = weaknessOf(value)
      if (weakness !== undefined) messages.hint(`warning: ${weakness}`)
      if (isHidden) {
        messages.hint(`warning: the environment has a secret of this name (STEPFLOW_SECRET_...), which is used instead`)
      }
      return 0
    })
  },
}

const remove: Command = {
  name: 'secrets remove',
  summary: 'remove a secret; what it was is still redacted in recorded runs',
  operands: 'NAME',
  options: [
    {
      name: 'forget',
      does: 'also forget what it was, so that runs that hold it show it; needs no key, so it is for a key that is lost',
    },
    ...whose,
  ],
  examples: [{ does: 'one secret', line: 'stepflow secrets remove api_key' }],
  async run(args, io) {
    const [name] = args.operands
    if (name === undefined) throw usage(remove, 'needs a name: stepflow secrets remove NAME')
    if (args.value('url') !== undefined) refuseLocal(remove, args, ['forget'])
    return withSecrets(remove, args, io, 'refused', async ({ secrets, messages }) => {
      await secrets.remove(name, args.has('forget') ? 'forget values' : 'keep values')
      messages.hint(`the secret "${name}" is removed`)
      return 0
    })
  },
}

const rotate: Command = {
  name: 'secrets rotate',
  summary: 'encrypt all secrets of the store anew, with a new key',
  operands: '',
  options: whichStore,
  elsewhere: { url: 'the key is on the machine of the server: rotate there, on its store' },
  examples: [
    { does: 'with a new key in the file beside the store', line: 'stepflow secrets rotate' },
    {
      does: 'with a key of your own, in place of an earlier one',
      line: 'STEPFLOW_MASTER_KEY=$NEW STEPFLOW_MASTER_KEY_OLD=$OLD stepflow secrets rotate',
    },
  ],
  async run(args, io) {
    return withStored(rotate, args, io, 'refused', async ({ secrets, messages }) => {
      const count = await secrets.rotate()
      messages.hint(`secrets encrypted anew: ${count}, with the key in ${secrets.keyPlace}`)
      return 0
    })
  },
}

const actions = [list, set, remove, rotate]

export const secrets: Command = {
  name: 'secrets',
  summary: 'set, list and remove the secrets that flows read, and encrypt them anew',
  operands: '[ACTION]',
  words: ['list', 'set', 'remove', 'rotate'],
  actions,
  options: list.options,
  examples: [set, list, remove, rotate].flatMap((action) => action.examples.slice(0, 1)),
  // Without an action, they are listed.
  run: list.run,
}

// ---

/** Of a store, or of a server. */
interface SecretsPlace {
  list(): Promise<readonly { readonly name: string; readonly from: string; readonly updatedAt?: string }[]>
  /** `isHidden`: one of the environment is used in its place. */
  set(name: string, value: string): Promise<{ readonly where: string; readonly isHidden: boolean }>
  remove(name: string, past: 'keep values' | 'forget values'): Promise<void>
}

async function withSecrets(
  command: Command,
  args: Args,
  io: Io,
  absent: AbsentStore,
  act: (at: { readonly secrets: SecretsPlace; readonly messages: Messages }) => Promise<number>,
): Promise<number> {
  if (args.value('url') === undefined) {
    return withStored(command, args, io, absent, ({ secrets, messages, place }) =>
      act({ secrets: inStore(secrets, place, io), messages }),
    )
  }
  refuseLocal(command, args, ['store', 'config'])
  const messages = createMessages(args, io)
  return atServer(args, io, (client) => act({ secrets: ofServer(client), messages }))
}

function inStore(secrets: StoredSecrets, place: string, io: Io): SecretsPlace {
  return {
    async list() {
      const { listSecrets } = await import('@stepflow/host/secrets')
      return listSecrets(secrets, io.env)
    },
    async set(name, value) {
      const { secretFrom } = await import('@stepflow/host/secrets')
      await secrets.set(name, value)
      const where = `in ${place}, encrypted with the key in ${secrets.keyPlace}`
      return { where, isHidden: secretFrom(io.env, name) !== undefined }
    },
    remove: (name, past) => secrets.remove(name, past),
  }
}

function ofServer(client: StepflowClient): SecretsPlace {
  return {
    list: async () => (await client.listSecrets()).secrets,
    async set(name, value) {
      const { from } = await client.setSecret(name, value)
      return { where: `at ${client.url}`, isHidden: from === 'env' }
    },
    remove: (name) => client.removeSecret(name),
  }
}

interface Stored {
  readonly secrets: StoredSecrets
  readonly messages: Messages
  /** What the store is called in messages. */
  readonly place: string
}

async function withStored(
  command: Command,
  args: Args,
  io: Io,
  absent: AbsentStore,
  act: (at: Stored) => Promise<number>,
): Promise<number> {
  const messages = createMessages(args, io)
  const opened = await openNamedStore({ command, args, io, messages, absent })
  try {
    const { openStoredSecrets } = await import('@stepflow/host/secrets')
    const secrets = openStoredSecrets({ env: io.env, store: opened.store, place: opened.place })
    const place = 'path' in opened.place ? opened.place.path : 'the store'
    return await act({ secrets, messages, place })
  } finally {
    await opened.store.close()
  }
}

async function typedValue(name: string, io: Io, messages: Messages): Promise<string> {
  const what = `the value of "${name}"`
  // Whoever writes it with echo, or an editor, does not mean the last line end.
  const value = io.terminal.in
    ? await readHidden(`${what}: `, io)
    : (await readStdin(true, io, messages, what, '--value')).replace(/\r?\n$/, '')
  if (value !== '') return value
  const way = io.terminal.in ? 'nothing was typed' : 'nothing came on stdin'
  throw new FlowError('INVALID_INPUT', `${way} for ${what}: pipe it in, as in \`stepflow secrets set ${name} < FILE\``)
}
