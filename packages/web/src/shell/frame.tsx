// What surrounds every page: navigation, the way to its content, the palette of commands, messages that pass.

import { Outlet } from '@tanstack/react-router'
import { type ReactElement, useEffect, useState } from 'react'
import { events } from '../api/events.ts'
import { queries, queryClient } from '../api/queries.ts'
import { followNews } from '../model/news.ts'
import { Pane } from '../parts/fault.tsx'
import { setServerTime } from '../parts/ticks.ts'
import { Toasts } from '../parts/toasts.tsx'
import { Commands } from './commands.tsx'
import { KeySheet } from './key-sheet.tsx'
import { useFrameKeys } from './keys.ts'
import { Nav } from './nav.tsx'
import { useSettings } from './settings.ts'

export function Frame(): ReactElement {
  const { isFolded } = useSettings()
  const [open, setOpen] = useState<'commands' | 'keys' | 'menu' | undefined>()
  useFrameKeys({ openCommands: () => setOpen('commands'), openKeys: () => setOpen('keys') })
  useEffect(() => {
    void queryClient.fetchQuery(queries.info()).then(
      ({ now }) => setServerTime(now),
      () => {},
    )
    followNews(events, queryClient)
    events.start()
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
      <Commands isOpen={open === 'commands'} onOpenChange={close} />
      <KeySheet isOpen={open === 'keys'} onOpenChange={close} />
      <Toasts />
    </div>
  )
}
