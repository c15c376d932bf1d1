// Whether the window is as a media query says, now and after each change.

import { useCallback, useSyncExternalStore } from 'react'

/** A telephone: a row has two lines, a header only what matters most. */
export const NARROW = '(max-width: 599px)'

export function useMedia(query: string): boolean {
  const subscribe = useCallback(
    (onChange: () => void) => {
      const media = matchMedia(query)
      media.addEventListener('change', onChange)
      return () => media.removeEventListener('change', onChange)
    },
    [query],
  )
  return useSyncExternalStore(subscribe, () => matchMedia(query).matches)
}
