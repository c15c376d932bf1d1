// What surrounds every page: navigation, the way to its content, the palette of commands, messages that pass.

import { FlowError } from '@stepflow/engine'
import { Outlet, useLocation, useNavigate } from '@tanstack/react-router'
import { type ReactElement, useEffect, useState } from 'react'
import { queries, queryClient } from '../api/queries.ts'
import { Pane } from '../parts/fault.tsx'
import { useSettings } from '../parts/settings.ts'
import { setServerTime } from '../parts/ticks.ts'
import { Toasts } from '../parts/toasts.tsx'
import { Commands } from './commands.tsx'
import { KeySheet } from './key-sheet.tsx'
import { useFrameKeys } from './keys.ts'
import { Nav } from './nav.tsx'
import { isSignedIn, SessionOver } from './session-over.tsx'

export function Frame(): ReactElement {
  const isLogin = useLocation().pathname === '/login'
  useSignIn(isLogin)
  if (!isLogin) return <Framed />
  return (
    <main id="content">
      <Outlet />
    </main>
  )
}

// ---

/** Whoever has not signed in yet is led there, and back; one whose session ends stays, and signs in over the page. */
function useSignIn(isLogin: boolean): void {
  const navigate = useNavigate()
  const { href } = useLocation()
  useEffect(() => {
    if (isLogin) return
    const ask = (error: unknown) => {
      if (!FlowError.is(error) || error.code !== 'UNAUTHENTICATED' || isSignedIn()) return
      void navigate({ to: '/login', search: { to: href } })
    }
    for (const query of queryClient.getQueryCache().getAll()) ask(query.state.error)
    return queryClient.getQueryCache().subscribe(({ query }) => ask(query.state.error))
  }, [isLogin, href, navigate])
}

function Framed(): ReactElement {
  const { isFolded } = useSettings()
  const [open, setOpen] = useState<'commands' | 'actions' | 'keys' | 'menu' | undefined>()
  useFrameKeys({
    openCommands: () => setOpen('commands'),
    openActions: () => setOpen('actions'),
    openKeys: () => setOpen('keys'),
  })
  useEffect(() => {
    void queryClient.fetchQuery(queries.info()).then(
      ({ now }) => setServerTime(now),
      () => {},
    )
  }, [])
  const close = (isOpen: boolean) => setOpen(isOpen ? open : undefined)
  return (
    <div className={isFolded ? 'frame folded' : 'frame'}>
      <a className="skip" href="#content">
        Skip to content
      </a>
      <Nav
        isOpen={open === 'menu'}
        onClose={() => setOpen(undefined)}
        onMenu={() => setOpen('menu')}
        onCommands={() => setOpen('commands')}
      />
      <main id="content" tabIndex={-1}>
        <Pane>
          <Outlet />
        </Pane>
      </main>
      <Commands open={open === 'commands' ? 'all' : open === 'actions' ? 'actions' : undefined} onOpenChange={close} />
      <KeySheet isOpen={open === 'keys'} onOpenChange={close} />
      <SessionOver />
      <Toasts />
    </div>
  )
}
