// From row to row with the arrows, or `j` and `k`: to the link or button of the next row, in a table or a list.

import type { KeyboardEvent } from 'react'

export function goToRow(event: KeyboardEvent): void {
  const step =
    event.key === 'ArrowDown' || event.key === 'j' ? 1 : event.key === 'ArrowUp' || event.key === 'k' ? -1 : 0
  const row = (event.target as HTMLElement).closest('tr, li')
  if (step === 0 || !row || event.target instanceof HTMLInputElement) return
  const next = step > 0 ? row.nextElementSibling : row.previousElementSibling
  const link = next?.querySelector<HTMLElement>('a, button')
  if (!link) return
  event.preventDefault()
  link.focus()
  link.scrollIntoView({ block: 'nearest' })
}
