// What does not fit in a form: the first such field gets the focus, and what belongs to no field is said at the foot.

import { type ReactElement, type RefObject, useEffect } from 'react'
import { hasField } from '../model/fields.ts'

/** By the path of what they are about: `/order/total`. */
export type Problems = ReadonlyMap<string, string>

/** Whoever tried to send it goes on where something is wrong. */
export function useFirstInvalid(form: RefObject<HTMLFormElement | null>, problems: Problems): void {
  useEffect(() => {
    if (problems.size > 0) form.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus()
  }, [form, problems])
}

interface OtherProblemsProps {
  readonly schema: unknown
  readonly problems: Problems
  /** Where the value is JSON, no field says any of them. */
  readonly look: 'form' | 'json'
}

export function OtherProblems({ schema, problems, look }: OtherProblemsProps): ReactElement | null {
  const left = [...problems].filter(([path]) => look === 'json' || !hasField(schema, path))
  const [first] = left
  if (!first) return null
  const [path, problem] = first
  const more = left.length === 1 ? '' : `, and ${left.length - 1} more`
  const what = path === '' ? '' : `${path.slice(1).replaceAll('/', '.')}: `
  return (
    <p className="wrong" role="alert">
      {what}
      {more === '' ? problem : problem.replace(/\.$/, '')}
      {more}
    </p>
  )
}
