// Where one is inside of a step: the way there, and the element that is shown.

import type { Run } from '@stepflow/api'
import { X } from 'lucide-react'
import type { ReactElement } from 'react'
import { middleCut } from '../../model/format.ts'
import { nameOf } from '../../model/run-words.ts'
import { Button } from '../../parts/button.tsx'
import type { RunPlace } from './run-place.ts'
import type { RunScope } from './run-scope.ts'

export interface InnerHeadProps {
  readonly run: Run
  readonly scope: RunScope
  readonly place: RunPlace
}

export function InnerHead({ run, scope, place }: InnerHeadProps): ReactElement {
  const { way, elements, element } = scope
  const here = way.at(-1)
  return (
    <nav className="inner-head" aria-label="Inside">
      <button type="button" className="link as-text cut" onClick={() => place.enter(undefined)}>
        {middleCut(nameOf(run), 32)}
      </button>
      {way.map(({ step, inside }) => (
        <span key={inside} className="row">
          <span className="ink-3">›</span>
          {inside === here?.inside ? (
            <b className="cut">{step}</b>
          ) : (
            <button type="button" className="link as-text cut" onClick={() => place.enter(inside)}>
              {step}
            </button>
          )}
        </span>
      ))}
      {elements.length > 1 ? (
        <select
          aria-label="Element"
          value={element}
          onChange={(event) => place.enter(here?.inside, Number(event.target.value))}
        >
          {elements.slice(0, MOST).map(({ number, status }) => (
            <option key={number} value={number}>
              element {number}, {status}
            </option>
          ))}
          {elements.findIndex(({ number }) => number === element) < MOST ? null : (
            <option value={element}>element {element}</option>
          )}
        </select>
      ) : null}
      <span className="fill" />
      <Button look="bare" dense square aria-label="Leave" onPress={() => place.enter(undefined)}>
        <X size={16} />
      </Button>
    </nav>
  )
}

// ---

/** Those that failed come first; each is also found in the panel of the step around them. */
const MOST = 500
