// A value that somebody is to read: its fields as pairs if they are few and flat, else as a tree.

import type { ReactElement } from 'react'
import { factsOf } from '../model/facts.ts'
import { Value } from './value.tsx'

export function Facts({ value, what }: { value: unknown; what: string }): ReactElement {
  const facts = factsOf(value)
  if (!facts) return <Value value={value} what={what} />
  return (
    <dl className="facts">
      {facts.map(([name, fact]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{fact}</dd>
        </div>
      ))}
    </dl>
  )
}
