// The secrets that flows read: set, replaced and removed here, never shown.

import type { SecretList } from '@stepflow/api'
import { useQuery } from '@tanstack/react-query'
import { createLazyRoute } from '@tanstack/react-router'
import { Plus } from 'lucide-react'
import { type FormEvent, type ReactElement, useState } from 'react'
import { client } from '../../api/client.ts'
import { queries, queryClient } from '../../api/queries.ts'
import { Button } from '../../parts/button.tsx'
import { Command } from '../../parts/command.tsx'
import { Confirm } from '../../parts/confirm.tsx'
import { Dialog } from '../../parts/floating.tsx'
import { ManagePage } from '../../parts/manage-page.tsx'
import { type Column, Rows } from '../../parts/rows.tsx'
import { TextField } from '../../parts/text-field.tsx'
import { Ago } from '../../parts/time.tsx'
import { attempt } from '../../parts/toasts.tsx'
import { useTitle } from '../../shell/title.ts'

type Row = SecretList['secrets'][number]

export const secretsPage = createLazyRoute('/secrets')({ component: SecretsPage })

// ---

function SecretsPage(): ReactElement {
  useTitle('Secrets')
  const query = useQuery(queries.secrets())
  const { data: info } = useQuery(queries.info())
  const [editing, setEditing] = useState<string>()
  const [removing, setRemoving] = useState<Row>()
  const isAdmin = info?.role === 'admin'
  return (
    <ManagePage
      title="Secrets"
      query={query}
      action={
        isAdmin ? (
          <Button look="primary" onPress={() => setEditing('')}>
            <Plus size={16} />
            New secret
          </Button>
        ) : null
      }
    >
      {({ secrets }) => (
        <>
          <Rows
            label="Secrets"
            columns={columnsOf(isAdmin, setEditing, setRemoving)}
            rows={secrets}
            keyOf={({ name }) => name}
            empty={
              <div className="empty">
                <p>There is no secret here.</p>
                <Command text="stepflow secrets set NAME" />
              </div>
            }
          />
          {editing === undefined ? null : <Edit key={editing} name={editing} onClose={() => setEditing(undefined)} />}
          {removing ? <Remove secret={removing} onClose={() => setRemoving(undefined)} /> : null}
        </>
      )}
    </ManagePage>
  )
}

function columnsOf(isAdmin: boolean, edit: (name: string) => void, remove: (row: Row) => void): Column<Row>[] {
  return [
    { name: 'Name', width: '260px', cell: ({ name }) => <span className="mono">{name}</span> },
    { name: 'From', width: '140px', isExtra: true, cell: ({ from }) => (from === 'env' ? 'environment' : 'store') },
    {
      name: 'Set',
      width: '128px',
      cell: ({ updatedAt }) => (updatedAt === undefined ? null : <Ago at={updatedAt} />),
    },
    { name: 'Used by', isExtra: true, cell: ({ usedBy }) => <span className="ink-2">{usedBy.join(', ')}</span> },
    {
      name: '',
      width: '180px',
      isRight: true,
      cell: (row) =>
        isAdmin && row.from === 'store' ? (
          <>
            <Button dense onPress={() => edit(row.name)}>
              Replace
            </Button>{' '}
            <Button dense look="danger" onPress={() => remove(row)}>
              Delete
            </Button>
          </>
        ) : null,
    },
  ]
}

function Edit({ name: given, onClose }: { name: string; onClose: () => void }): ReactElement {
  const [name, setName] = useState(given)
  const [value, setValue] = useState('')
  const [wrong, setWrong] = useState<string>()
  const save = async (event?: FormEvent) => {
    event?.preventDefault()
    try {
      await client.setSecret(name, value)
      await queryClient.invalidateQueries({ queryKey: ['secrets'] })
      onClose()
    } catch (error) {
      setWrong((error as Error).message)
    }
  }
  return (
    <Dialog
      title={given === '' ? 'New secret' : `Replace ${given}`}
      isOpen
      onOpenChange={onClose}
      foot={
        <>
          <Button onPress={onClose}>Not now</Button>
          <Button look="primary" isDisabled={name === '' || value === ''} onPress={() => void save()}>
            Save
          </Button>
        </>
      }
    >
      <form onSubmit={(event) => void save(event)}>
        {given === '' ? <TextField label="Name" value={name} onChange={setName} /> : null}
        <TextField
          label="Value"
          kind="secret"
          autoComplete="new-password"
          value={value}
          onChange={setValue}
          hint="It is kept encrypted, and shown to nobody again."
        />
        {wrong === undefined ? null : (
          <p className="wrong" role="alert">
            {wrong}
          </p>
        )}
      </form>
    </Dialog>
  )
}

function Remove({ secret: { name, usedBy }, onClose }: { secret: Row; onClose: () => void }): ReactElement {
  const remove = async () => {
    await attempt(async () => {
      await client.removeSecret(name)
      await queryClient.invalidateQueries({ queryKey: ['secrets'] })
    }, `${name} is removed`)
    onClose()
  }
  return (
    <Confirm title={`Delete ${name}?`} word="Delete" onClose={onClose} onConfirm={() => void remove()}>
      <p>{usedBy.length === 0 ? 'No flow reads it.' : `These flows read it, and will fail: ${usedBy.join(', ')}.`}</p>
    </Confirm>
  )
}
