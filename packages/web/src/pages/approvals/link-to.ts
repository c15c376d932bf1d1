// Where a question is shown: beside the list if there is room, else on a page of its own.

import type { LinkProps } from '@tanstack/react-router'

export function linkTo(
  waitId: string,
  hasPanel: boolean,
  q: string | undefined,
): Pick<LinkProps, 'to' | 'params' | 'search'> {
  if (!hasPanel) return { to: '/approvals/$waitId', params: { waitId } }
  return { to: '/approvals', search: { wait: waitId, ...(q === undefined ? {} : { q }) } }
}
