// Keys that hold on every page. None of one letter fires while somebody types.

import { useNavigate } from '@tanstack/react-router'
import { useEffect } from 'react'
import { change, currentSettings } from '../parts/settings.ts'

const GOES: Readonly<Record<string, string>> = {
  r: '/runs',
  f: '/flows',
  a: '/approvals',
  s: '/schedules',
  c: '/components',
}
const SECOND_KEY_MS = 1_000

export function useFrameKeys(does: { openCommands: () => void; openActions: () => void; openKeys: () => void }): void {
  const navigate = useNavigate()
  useEffect(() => {
    let isGoing = 0
    const onKey = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault()
        does.openCommands()
        return
      }
      if (!isFree(event)) return
      const goes = GOES[event.key]
      if (goes !== undefined && event.timeStamp - isGoing < SECOND_KEY_MS) void navigate({ to: goes })
      else if (event.key === '?') does.openKeys()
      else if (event.key === '.') {
        event.preventDefault()
        does.openActions()
      } else if (event.key === '[') change({ isFolded: !currentSettings().isFolded })
      else if (event.key === '/') {
        const field = document.querySelector<HTMLInputElement>('main input[type=search]')
        if (!field) return
        event.preventDefault()
        field.focus()
      }
      // From row to row a table goes by itself; where no row has the focus, the first one gets it.
      else if (event.key === 'j' && !document.activeElement?.closest('tr, [data-rows]')) {
        document.querySelector<HTMLElement>('main :is(tbody, [data-rows]) :is(a, button)')?.focus()
      }
      isGoing = event.key === 'g' ? event.timeStamp : 0
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  })
}

/** Is it a key of one letter that nothing else wants? */
export function isFree(event: KeyboardEvent): boolean {
  if (!currentSettings().singleKeys || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented)
    return false
  const target = event.target as HTMLElement | null
  if (target?.closest('input, textarea, select, [contenteditable=true], [role=menu], [role=dialog]')) return false
  return document.querySelector('.scrim') === null
}
