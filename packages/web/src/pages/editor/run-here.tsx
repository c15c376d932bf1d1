// The run of what is written: its input, what of the flow runs, and what came of it.

import { Link } from '@tanstack/react-router'
import { X } from 'lucide-react'
import type { ReactElement } from 'react'
import { client } from '../../api/client.ts'
import { shortId } from '../../model/format.ts'
import { statusOf } from '../../model/run-words.ts'
import { testCase } from '../../model/test-case.ts'
import { Button } from '../../parts/button.tsx'
import { InputFields } from '../../parts/input-to-run.tsx'
import { OutcomeView } from '../../parts/outcome-view.tsx'
import { Status } from '../../parts/status.tsx'
import { attempt } from '../../parts/toasts.tsx'
import type { DockProps } from './dock-props.ts'

export function RunHere(props: DockProps): ReactElement {
  const { step, runs, pins, onUnpin, onChange, mayChange, mayRun } = props
  const { input, run, item, start } = runs
  const { isStarting } = input
  const saveAsTest = (runId: string) =>
    attempt(async () => {
      // Of large values only the beginning is here.
      const whole = await client.getItem(runId, 0, 'full')
      onChange({ op: 'insert', path: ['test', 'cases'], value: testCase(whole, shortId(runId)) })
    }, 'Saved as a test in the text')
  if (!mayRun) return <p className="empty">An operator can run this; your role is viewer.</p>
  return (
    <div className="run-here">
      <div>
        <div className="row run-parts">
          <Button look="primary" isDisabled={isStarting} onPress={() => void start({})}>
            Whole flow
          </Button>
          {step === undefined ? null : (
            <>
              <Button isDisabled={isStarting} onPress={() => void start({ until: step })}>
                Up to {step}
              </Button>
              <Button isDisabled={isStarting} onPress={() => void start({ only: step })}>
                Only {step}
              </Button>
            </>
          )}
        </div>
        {pins.size === 0 ? null : (
          <ul className="row needs" aria-label="Pinned">
            {[...pins.keys()].map((id) => (
              <li key={id}>
                <Button dense aria-label={`Take the pin of ${id} away`} onPress={() => onUnpin(id)}>
                  pinned: {id}
                  <X size={12} />
                </Button>
              </li>
            ))}
          </ul>
        )}
        <InputFields input={input} onSubmit={() => void start({})} />
      </div>
      <div>
        {run ? (
          <p className="row">
            <Status status={statusOf(run)} />
            <Link to="/runs/$runId" params={{ runId: run.runId }} search={{}} className="link mono">
              {shortId(run.runId)}
            </Link>
            {mayChange && item?.result !== undefined ? (
              <Button dense onPress={() => void saveAsTest(run.runId)}>
                Save as test
              </Button>
            ) : null}
          </p>
        ) : (
          <p className="ink-3">What comes of a run is shown here, and on the graph.</p>
        )}
        {item?.result === undefined ? null : <OutcomeView result={item.result} what="result" />}
      </div>
    </div>
  )
}
