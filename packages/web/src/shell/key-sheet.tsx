// All keys, on one sheet.

import type { ReactElement } from 'react'
import { Dialog } from '../parts/floating.tsx'

const GROUPS: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
  [
    'Everywhere',
    [
      ['Ctrl K', 'Search or jump'],
      ['.', 'Actions of this page'],
      ['/', 'Filter'],
      ['j k', 'Next and previous row'],
      ['Enter', 'Open'],
      ['Esc', 'Back'],
      ['[', 'Fold the navigation'],
      ['?', 'This sheet'],
    ],
  ],
  [
    'Go to',
    [
      ['g r', 'Runs'],
      ['g f', 'Flows'],
      ['g a', 'Approvals'],
      ['g s', 'Schedules'],
      ['g c', 'Components'],
    ],
  ],
  [
    'A run',
    [
      ['1 – 6', 'Its views'],
      ['n N', 'Next and previous failed step'],
      ['Arrows', 'Along the graph, and through the time'],
      ['f', 'Fit the graph'],
    ],
  ],
  [
    'The editor',
    [
      ['Ctrl S', 'Save the flow'],
      ['Ctrl Enter', 'Run what is written'],
      ['Ctrl Shift Enter', 'Run up to the step at the caret'],
      ['Ctrl Space', 'Offer what fits at the caret'],
      ['Ctrl .', 'Write what a problem proposes'],
      ['F2', 'Rename the step'],
      ['F12', 'Go to the step that is named'],
      ['Alt C', 'Connect the step to another'],
    ],
  ],
]

export function KeySheet({
  isOpen,
  onOpenChange,
}: {
  isOpen: boolean
  onOpenChange: (isOpen: boolean) => void
}): ReactElement {
  return (
    <Dialog title="Keys" isOpen={isOpen} onOpenChange={onOpenChange} isWide>
      <div className="key-groups">
        {GROUPS.map(([title, keys]) => (
          <section key={title}>
            <h3>{title}</h3>
            <dl className="keys">
              {keys.map(([key, does]) => (
                <div key={key} className="pair">
                  <dt>{key.split(' ').map((one) => (one === '–' ? ' – ' : <kbd key={one}>{one}</kbd>))}</dt>
                  <dd>{does}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  )
}
