// Signing in: a token for a session of this browser.

import { createLazyRoute, useRouter, useSearch } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { queryClient } from '../../api/queries.ts'
import { Brand } from '../../shell/brand.tsx'
import { SignInForm } from '../../shell/sign-in-form.tsx'
import { useTitle } from '../../shell/title.ts'

export const loginPage = createLazyRoute('/login')({ component: LoginPage })

// ---

function LoginPage(): ReactElement {
  useTitle('Sign in')
  const { to = '/runs' } = useSearch({ from: '/login' })
  const router = useRouter()
  return (
    <div className="login">
      <Brand />
      <h1>Sign in</h1>
      <SignInForm
        onDone={async () => {
          await queryClient.resetQueries()
          // Of this page only: a link to elsewhere leads to the runs.
          router.history.push(/^\/(?!\/)/.test(to) ? to : '/runs')
        }}
      />
    </div>
  )
}
