// The session has ended while somebody is at work: they sign in over the page, and nothing that they typed is lost.

import { type ReactElement, useSyncExternalStore } from 'react'
import { queries, queryClient } from '../api/queries.ts'
import { isSessionOver, onSession, setSessionOver } from '../api/session.ts'
import { Dialog } from '../parts/floating.tsx'
import { SignInForm } from './sign-in-form.tsx'

export function SessionOver(): ReactElement {
  const isOver = useSyncExternalStore(onSession, isSessionOver)
  return (
    <Dialog title="Sign in" isOpen={isOver && isSignedIn()} onOpenChange={setSessionOver}>
      <p className="spaced">Your session is over. What you have typed is still here.</p>
      <SignInForm onDone={() => void queryClient.invalidateQueries()} />
    </Dialog>
  )
}

/** Somebody was told who they are, so the page has something to lose. */
export function isSignedIn(): boolean {
  return queryClient.getQueryData(queries.info().queryKey) !== undefined
}
