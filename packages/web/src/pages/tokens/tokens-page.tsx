// Who may use the server: tokens with their roles; a new one is shown once.

import type { TokenList } from '@stepflow/api'
import { useQuery } from '@tanstack/react-query'
import { createLazyRoute } from '@tanstack/react-router'
import { Plus } from 'lucide-react'
import { type ReactElement, useState } from 'react'
import { client } from '../../api/client.ts'
import { queries, queryClient } from '../../api/queries.ts'
import { Button } from '../../parts/button.tsx'
import { Command } from '../../parts/command.tsx'
import { Confirm } from '../../parts/confirm.tsx'
import { Copy } from '../../parts/copy.tsx'
import { Choice, Dialog } from '../../parts/floating.tsx'
import { ManagePage } from '../../parts/manage-page.tsx'
import { type Column, Rows } from '../../parts/rows.tsx'
import { TextField } from '../../parts/text-field.tsx'
import { Ago } from '../../parts/time.tsx'
import { attempt } from '../../parts/toasts.tsx'
import { useTitle } from '../../shell/title.ts'

type Row = TokenList['tokens'][number]

export const tokensPage = createLazyRoute('/tokens')({ component: TokensPage })

// ---

function TokensPage(): ReactElement {
  useTitle('Tokens')
  const query = useQuery(queries.tokens())
  const [isNew, setNew] = useState(false)
  const [revoking, setRevoking] = useState<Row>()
  return (
    <ManagePage
      title="Tokens"
      query={query}
      action={
        <Button look="primary" onPress={() => setNew(true)}>
          <Plus size={16} />
          New token
        </Button>
      }
    >
      {({ tokens }) => (
        <>
          <Rows
            label="Tokens"
            columns={columnsOf(setRevoking)}
            rows={tokens}
            keyOf={({ id }) => id}
            empty={
              <div className="empty">
                <p>There is no token. On this machine none is needed.</p>
                <Command text="stepflow tokens create --role operator" />
              </div>
            }
          />
          {isNew ? <NewToken onClose={() => setNew(false)} /> : null}
          {revoking ? <Revoke token={revoking} onClose={() => setRevoking(undefined)} /> : null}
        </>
      )}
    </ManagePage>
  )
}

function columnsOf(revoke: (row: Row) => void): Column<Row>[] {
  return [
    { name: 'Name', cell: ({ name, id }) => name ?? <span className="ink-3">{id}</span> },
    { name: 'Role', width: '112px', cell: ({ role }) => role },
    {
      name: 'Begins',
      width: '140px',
      isExtra: true,
      cell: ({ prefix }) => <span className="mono ink-2">{prefix}…</span>,
    },
    {
      name: 'Last used',
      width: '128px',
      isExtra: true,
      cell: ({ lastUsedAt }) => (lastUsedAt ? <Ago at={lastUsedAt} /> : 'never'),
    },
    {
      name: 'Ends',
      width: '128px',
      isExtra: true,
      cell: ({ expiresAt }) => (expiresAt ? <Ago at={expiresAt} /> : 'never'),
    },
    {
      name: '',
      width: '120px',
      isRight: true,
      cell: (row) => (
        <Button dense look="danger" onPress={() => revoke(row)}>
          Revoke
        </Button>
      ),
    },
  ]
}

type Role = Row['role']

function NewToken({ onClose }: { onClose: () => void }): ReactElement {
  const [name, setName] = useState('')
  const [role, setRole] = useState<Role>('operator')
  const [expiresIn, setExpiresIn] = useState('30d')
  const [made, setMade] = useState<string>()
  const [wrong, setWrong] = useState<string>()
  const create = async () => {
    try {
      const { token } = await client.createToken({
        role,
        ...(name === '' ? {} : { name }),
        ...(expiresIn === '' ? {} : { expiresIn }),
      })
      setMade(token)
      await queryClient.invalidateQueries({ queryKey: ['tokens'] })
    } catch (error) {
      setWrong((error as Error).message)
    }
  }
  return (
    <Dialog
      title="New token"
      isOpen
      onOpenChange={onClose}
      isAlert={made !== undefined}
      foot={
        made === undefined ? (
          <>
            <Button onPress={onClose}>Not now</Button>
            <Button look="primary" onPress={() => void create()}>
              Create
            </Button>
          </>
        ) : (
          <Button look="primary" onPress={onClose}>
            Done
          </Button>
        )
      }
    >
      {made === undefined ? (
        <>
          <TextField label="Name" value={name} onChange={setName} hint="Runs that it begins show it." />
          <Choice
            label="Role"
            value={role}
            choices={[
              ['viewer', 'Viewer'],
              ['operator', 'Operator'],
              ['admin', 'Admin'],
            ]}
            onChange={setRole}
          />
          <TextField label="Ends after" placeholder="never" value={expiresIn} onChange={setExpiresIn} />
          {wrong === undefined ? null : (
            <p className="wrong" role="alert">
              {wrong}
            </p>
          )}
        </>
      ) : (
        <>
          <p>This is shown once. Keep it where it is safe.</p>
          <p className="row box command-line once">
            <code className="fill wraps">{made}</code>
            <Copy text={made} what="token" />
          </p>
        </>
      )}
    </Dialog>
  )
}

function Revoke({ token: { id, name }, onClose }: { token: Row; onClose: () => void }): ReactElement {
  const revoke = async () => {
    await attempt(async () => {
      await client.revokeToken(id)
      await queryClient.invalidateQueries({ queryKey: ['tokens'] })
    }, 'The token is revoked')
    onClose()
  }
  return (
    <Confirm title={`Revoke ${name ?? id}?`} word="Revoke" onClose={onClose} onConfirm={() => void revoke()}>
      <p>Who uses it is refused from now on, and its sessions end.</p>
    </Confirm>
  )
}
