// What a reader has chosen, kept in the browser: the theme, how times are written, keys of one letter, a folded navigation.

import { useSyncExternalStore } from 'react'

export interface Settings {
  readonly theme: 'system' | 'light' | 'dark'
  readonly times: 'local' | 'utc'
  readonly singleKeys: boolean
  readonly isFolded: boolean
}

const KEY = 'stepflow.settings'
const DEFAULTS: Settings = { theme: 'system', times: 'local', singleKeys: true, isFolded: false }

let settings = read()
const listeners = new Set<() => void>()

export function useSettings(): Settings {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    () => settings,
  )
}

/** The theme that is seen: the chosen one, or that of the system. For what is painted, which does not change by itself. */
export function useTheme(): 'light' | 'dark' {
  return useSyncExternalStore(onTheme, currentTheme)
}

export function currentTheme(): 'light' | 'dark' {
  if (settings.theme !== 'system') return settings.theme
  return DARK.matches ? 'dark' : 'light'
}

export function currentSettings(): Settings {
  return settings
}

export function change(part: Partial<Settings>): void {
  settings = { ...settings, ...part }
  try {
    localStorage.setItem(KEY, JSON.stringify(settings))
  } catch {
    // A browser that keeps nothing still shows it until the tab is closed.
  }
  applySettings()
  for (const listener of listeners) listener()
}

export function applySettings(): void {
  const { theme } = settings
  if (theme === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = theme
}

// ---

const DARK = matchMedia('(prefers-color-scheme: dark)')

function onTheme(listener: () => void): () => void {
  listeners.add(listener)
  DARK.addEventListener('change', listener)
  return () => {
    listeners.delete(listener)
    DARK.removeEventListener('change', listener)
  }
}

function read(): Settings {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}')
    return { ...DEFAULTS, ...(typeof kept === 'object' ? kept : {}) }
  } catch {
    return DEFAULTS
  }
}
