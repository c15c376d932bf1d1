// Two texts as one, line by line: what only the first has is marked with -, what only the second has with +. Long stretches of
// what is the same are folded.

import type { ReactElement } from 'react'
import { countText } from '../model/format.ts'
import { diffLines, folded } from '../model/line-diff.ts'

export interface DiffProps {
  readonly label: string
  readonly before: string
  readonly after: string
  /** What a marked line belongs to: `A`, `B`. */
  readonly names: readonly [before: string, after: string]
}

const AROUND = 2
const MOST_LINES = 2_000

export function Diff({ label, before, after, names }: DiffProps): ReactElement {
  if (before === after) {
    return <p className="ink-3">{before === '' ? 'Neither has any.' : `Equal in both, ${linesText(before)}.`}</p>
  }
  const lines = folded(diffLines(withoutEnd(before), withoutEnd(after)), AROUND).slice(0, MOST_LINES)
  return (
    <section className="diff box" aria-label={label} tabIndex={0}>
      {lines.map((line, i) =>
        line.kind === 'fold' ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines never move
          <div key={i} className="line ink-3 equal">
            … {countText(line.count)} equal
          </div>
        ) : (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines never move
          <div key={i} className={`line ${line.kind}`}>
            {line.kind === 'same' ? (
              <s />
            ) : (
              <s role="img" aria-label={names[line.kind === 'gone' ? 0 : 1]}>
                {line.kind === 'gone' ? '\u2212' : '+'}
              </s>
            )}
            <code>{line.text}</code>
          </div>
        ),
      )}
    </section>
  )
}

// ---

/** The end of the last line begins no other one. */
function withoutEnd(text: string): string {
  return text.replace(/\n$/, '')
}

function linesText(text: string): string {
  const count = text.split('\n').length
  return `${countText(count)} ${count === 1 ? 'line' : 'lines'}`
}
