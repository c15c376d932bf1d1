// Runs what is written, saved or not: whole, up to a step, or only a step, with what stands in for others.

import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { X } from 'lucide-react'
import { type ReactElement, useMemo, useState } from 'react'
import { client } from '../../api/client.ts'
import { queries, queryClient } from '../../api/queries.ts'
import { firstInput } from '../../model/examples.ts'
import { shortId } from '../../model/format.ts'
import { statusOf } from '../../model/run-words.ts'
import { problemsIn } from '../../model/schema-check.ts'
import { testCase } from '../../model/test-case.ts'
import { Button } from '../../parts/button.tsx'
import { FormOrJson } from '../../parts/form.tsx'
import { OutcomeView } from '../../parts/outcome-view.tsx'
import { Status } from '../../parts/status.tsx'
import { say } from '../../parts/toasts.tsx'
import type { DockProps } from './dock.tsx'

/** What is written is run as it is, saved or not; as a test, which other lists leave out. */
export function RunHere(props: DockProps): ReactElement {
  const { text, file, step, compiled, runId, examples, last, pins, onUnpin, onChange, onRun, mayChange } = props
  const { inputSchema } = compiled
  const offered = useMemo(() => firstInput(examples, inputSchema), [examples, inputSchema])
  const [typed, setTyped] = useState<unknown>()
  const [wrong, setWrong] = useState<string>()
  const value = typed === undefined ? offered : typed
  const { data: run } = useQuery({ ...queries.run(runId ?? ''), enabled: runId !== undefined })
  const { data: item } = useQuery({
    ...queries.item(runId ?? '', 0),
    enabled: runId !== undefined && run?.completedAt !== undefined,
  })
  const start = async (part: { until?: string; only?: string }) => {
    const problems = problemsIn(inputSchema, value)
    if (problems.size > 0) {
      const [[path, problem] = ['', '']] = problems
      return setWrong(`${path.slice(1)}: ${problem}`)
    }
    try {
      setWrong(undefined)
      const started = await client.startRun({
        flow: text,
        ...(file === undefined ? {} : { file }),
        input: value ?? {},
        kind: 'test',
        ...part,
        ...(pins.size === 0 ? {} : { pins: Object.fromEntries(pins) }),
        // A step alone takes from the others what they gave last.
        ...(part.only === undefined || last.runId === undefined ? {} : { pinsFrom: { runId: last.runId } }),
      })
      onRun(started.runId)
      await queryClient.invalidateQueries({ queryKey: ['of-run', started.runId] })
    } catch (error) {
      setWrong((error as Error).message)
    }
  }
  return (
    <div className="run-here">
      <div>
        <FormOrJson key={typeof inputSchema} schema={inputSchema ?? {}} value={value} onChange={setTyped} />
        <div className="row">
          <Button look="primary" onPress={() => void start({})}>
            Whole flow
          </Button>
          {step === undefined ? null : (
            <>
              <Button onPress={() => void start({ until: step })}>Up to {step}</Button>
              <Button onPress={() => void start({ only: step })}>Only {step}</Button>
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
        {wrong === undefined ? null : (
          <p className="wrong" role="alert">
            {wrong}
          </p>
        )}
      </div>
      <div>
        {run ? (
          <p className="row">
            <Status status={statusOf(run)} />
            <Link to="/runs/$runId" params={{ runId: run.runId }} search={{}} className="link mono">
              {shortId(run.runId)}
            </Link>
            {mayChange && item?.result !== undefined ? (
              <Button
                dense
                onPress={() => {
                  onChange({ op: 'insert', path: ['test', 'cases'], value: testCase(item, shortId(run.runId)) })
                  say('Saved as a test in the text')
                }}
              >
                Save as test
              </Button>
            ) : null}
          </p>
        ) : null}
        {item?.result === undefined ? null : <OutcomeView result={item.result} what="result" />}
      </div>
    </div>
  )
}
