// What the tab is called, and the picture on it.

import { useEffect } from 'react'
import type { ShownStatus } from '../model/run-words.ts'

/** `Runs · Stepflow`; the picture has the colour and the shape of the status, if there is one. */
export function useTitle(title: string, status?: ShownStatus): void {
  useEffect(() => {
    document.title = `${title} · Stepflow`
    const icon = document.querySelector<HTMLLinkElement>('link[rel=icon]')
    if (icon) icon.href = `data:image/svg+xml,${encodeURIComponent(pictureOf(status))}`
  }, [title, status])
}

// ---

/** Readable on light and on dark tabs. */
const COLOURS: Partial<Record<ShownStatus, string>> = {
  running: '#2f6fe4',
  failed: '#d0324b',
  waiting: '#b8860b',
  paused: '#b8860b',
  success: '#2c8f58',
  completed: '#2c8f58',
}

const SHAPES: Partial<Record<ShownStatus, string>> = {
  running: '<path d="M8 2a6 6 0 1 1-6 6" fill="none" stroke="COLOUR" stroke-width="3"/>',
  failed: '<path d="M5 1h6l4 4v6l-4 4H5l-4-4V5z" fill="COLOUR"/>',
  waiting: '<path d="M8 0l8 8-8 8-8-8z" fill="COLOUR"/>',
  paused: '<path d="M8 0l8 8-8 8-8-8z" fill="COLOUR"/>',
  success: '<circle cx="8" cy="8" r="7" fill="COLOUR"/>',
  completed: '<circle cx="8" cy="8" r="7" fill="COLOUR"/>',
}

function pictureOf(status: ShownStatus | undefined): string {
  const shape =
    status && (SHAPES[status] ?? '<circle cx="8" cy="8" r="6" fill="none" stroke="COLOUR" stroke-width="2"/>')
  const colour = (status && COLOURS[status]) ?? '#6d7787'
  const drawn =
    shape?.replaceAll('COLOUR', colour) ?? '<path d="M2 14V9h5V5h7V2" fill="none" stroke="#5b6cf0" stroke-width="3"/>'
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">${drawn}</svg>`
}
