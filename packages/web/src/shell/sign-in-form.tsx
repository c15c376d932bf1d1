// Asks for a token, and begins a session of this browser with it.

import { type FormEvent, type ReactElement, useState } from 'react'
import { client } from '../api/client.ts'
import { events } from '../api/events.ts'
import { setSessionOver } from '../api/session.ts'
import { Button } from '../parts/button.tsx'
import { TextField } from '../parts/text-field.tsx'

/** `onDone`: somebody has signed in; what was read before may have been somebody else's. */
export function SignInForm({ onDone }: { onDone: () => void | Promise<void> }): ReactElement {
  const [token, setToken] = useState('')
  const [wrong, setWrong] = useState<string>()
  const signIn = async (event: FormEvent) => {
    event.preventDefault()
    try {
      await client.beginSession(token.trim())
      setSessionOver(false)
      events.again()
      await onDone()
    } catch (error) {
      setWrong((error as Error).message)
    }
  }
  return (
    <form className="sign-in" onSubmit={(event) => void signIn(event)}>
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
