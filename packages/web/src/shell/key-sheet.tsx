// All keys, on one sheet.

import type { ReactElement } from 'react'
import { Dialog } from '../parts/floating.tsx'

const KEYS: readonly (readonly [string, string])[] = [
  ['Ctrl K', 'Search or jump'],
  ['.', 'Actions of this page'],
  ['?', 'This sheet'],
  ['/', 'Filter'],
  ['g r', 'Runs'],
  ['g f', 'Flows'],
  ['g a', 'Approvals'],
  ['g s', 'Schedules'],
  ['g c', 'Components'],
  ['j k', 'Next and previous row'],
  ['Enter', 'Open'],
  ['1 to 6', 'Views of a run'],
  ['n N', 'Next and previous failed step'],
  ['Arrows', 'Along the graph, and through the time of a run'],
  ['f', 'Fit the graph'],
  ['Esc', 'Back'],
  ['Ctrl S', 'Save the flow'],
  ['Ctrl Enter', 'Run what is written'],
  ['Ctrl Shift Enter', 'Run it up to the step at the caret'],
  ['Ctrl Space', 'Offer what fits at the caret'],
  ['F2', 'Rename the step'],
  ['F12', 'Go to the step that is named'],
  ['Alt C', 'Connect the step to another'],
  ['Ctrl .', 'Write what a problem proposes'],
  ['[', 'Fold the navigation'],
]

export function KeySheet({
  isOpen,
  onOpenChange,
}: {
  isOpen: boolean
  onOpenChange: (isOpen: boolean) => void
}): ReactElement {
  return (
    <Dialog title="Keys" isOpen={isOpen} onOpenChange={onOpenChange}>
      <dl className="pairs">
        {KEYS.map(([key, does]) => (
          <div key={key} className="pair">
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  )
}
