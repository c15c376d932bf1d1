// Who may use the server: tokens with their roles; a new one is shown once.

import type { TokenList } from '@stepflow/api'
import { useQuery } from '@tanstack/react-query'
import { createLazyRoute } from '@tanstack/react-router'
import { type ReactElement, useId, useState } from 'react'
import { client } from '../../api/client.ts'
import { queries, queryClient } from '../../api/queries.ts'
import { Button } from '../../parts/button.tsx'
import { Copy } from '../../parts/copy.tsx'
import { Choice, Dialog } from '../../parts/floating.tsx'
import { ManagePage } from '../../parts/manage-page.tsx'
import { type Column, Rows } from '../../parts/rows.tsx'
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
    <ManagePage title="Tokens" query={query} action={<Button onPress={() => setNew(true)}>New token</Button>}>
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
                <code>stepflow tokens create --role operator</code>
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
  const [nameId, endId] = [useId(), useId()]
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
          <div className="labelled">
            <label htmlFor={nameId}>Name</label>
            <input id={nameId} value={name} onChange={(event) => setName(event.target.value)} />
            <span className="hint">Runs that it begins show it.</span>
          </div>
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
          <div className="labelled">
            <label htmlFor={endId}>Ends after</label>
            <input
              id={endId}
              value={expiresIn}
              placeholder="never"
              onChange={(event) => setExpiresIn(event.target.value)}
            />
          </div>
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
    <Dialog
      title={`Revoke ${name ?? id}?`}
      isOpen
      onOpenChange={onClose}
      isAlert
      foot={
        <>
          <Button onPress={onClose}>Keep</Button>
          <Button look="danger" onPress={() => void revoke()}>
            Revoke
          </Button>
        </>
      }
    >
      <p>Who uses it is refused from now on, and its sessions end.</p>
    </Dialog>
  )
}
