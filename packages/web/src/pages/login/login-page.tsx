// Signing in: a token for a session of this browser.

import { createLazyRoute, useRouter, useSearch } from '@tanstack/react-router'
import { type FormEvent, type ReactElement, useState } from 'react'
import { client } from '../../api/client.ts'
import { events } from '../../api/events.ts'
import { queryClient } from '../../api/queries.ts'
import { Button } from '../../parts/button.tsx'
import { TextField } from '../../parts/text-field.tsx'
import { useTitle } from '../../shell/title.ts'

export const loginPage = createLazyRoute('/login')({ component: LoginPage })

// ---

function LoginPage(): ReactElement {
  useTitle('Sign in')
  const { to = '/runs' } = useSearch({ from: '/login' })
  const router = useRouter()
  const [token, setToken] = useState('')
  const [wrong, setWrong] = useState<string>()
  const signIn = async (event: FormEvent) => {
    event.preventDefault()
    try {
      await client.beginSession(token.trim())
      await queryClient.resetQueries()
      events.reopen()
      // Of this page only: a link to elsewhere leads to the runs.
      router.history.push(/^\/(?!\/)/.test(to) ? to : '/runs')
    } catch (error) {
      setWrong((error as Error).message)
    }
  }
  return (
    <form className="login" onSubmit={(event) => void signIn(event)}>
      <h1>Sign in</h1>
      <TextField
        label="Token"
        kind="secret"
        autoComplete="current-password"
        value={token}
        onChange={setToken}
        hint={
          <>
            From <code>stepflow tokens create --role operator</code>, where the server runs.
          </>
        }
      />
      {wrong === undefined ? null : (
        <p className="wrong" role="alert">
          {wrong}
        </p>
      )}
      <Button type="submit" look="primary" isDisabled={token.trim() === ''}>
        Sign in
      </Button>
    </form>
  )
}
