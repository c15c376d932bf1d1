// One question put to a person, alone on the page: what is asked, what it is about, and the answer.

import type { Wait } from '@stepflow/api'
import { FlowError } from '@stepflow/engine'
import { useQuery } from '@tanstack/react-query'
import { createLazyRoute, Link, useParams } from '@tanstack/react-router'
import { type FormEvent, type ReactElement, useState } from 'react'
import { client } from '../../api/client.ts'
import { queries, queryClient } from '../../api/queries.ts'
import { factsOf } from '../../model/facts.ts'
import { emptyValue, type Schema } from '../../model/fields.ts'
import { shortId } from '../../model/format.ts'
import type { ShownStatus } from '../../model/run-words.ts'
import { problemsIn } from '../../model/schema-check.ts'
import { Button } from '../../parts/button.tsx'
import { Fault } from '../../parts/fault.tsx'
import { ChoiceAsBoxes, Form } from '../../parts/form.tsx'
import { isReadable, JsonField } from '../../parts/json-field.tsx'
import { Shape, Status } from '../../parts/status.tsx'
import { Since, Until, WholeTime } from '../../parts/time.tsx'
import { Value } from '../../parts/value.tsx'
import { Outlines } from '../../parts/waiting.tsx'
import { NotFound } from '../../shell/not-found.tsx'
import { useTitle } from '../../shell/title.ts'

export const approvalPage = createLazyRoute('/approvals/$waitId')({ component: ApprovalPage })

// ---

function ApprovalPage(): ReactElement {
  const { waitId } = useParams({ from: '/approvals/$waitId' })
  const { data, error, refetch } = useQuery(queries.wait(waitId))
  const title = data?.title ?? data?.name ?? 'Approval'
  useTitle(title, 'waiting')
  if (!data && FlowError.is(error) && error.code === 'NOT_FOUND') return <NotFound what={waitId} />
  return (
    <>
      <header className="head of-approval">
        <Link to="/approvals" className="crumb">
          Approvals
        </Link>
        {data ? <Standing wait={data} /> : null}
      </header>
      <div className="scroll">
        {error && !data ? <Fault error={error} retry={() => void refetch()} /> : null}
        {data || error ? null : <Outlines />}
        {data ? <Question wait={data} title={title} /> : null}
      </div>
    </>
  )
}

/** Since when it waits, and until when; or how it ended. */
function Standing({ wait: { since, expiresAt, decided, expired, over } }: { wait: Wait }): ReactElement {
  if (decided) return <Ended status="success" word="decided" />
  if (expired) return <Ended status="failed" word="expired" />
  if (over) return <Ended status="skipped" word="over" />
  return (
    <Status
      status="waiting"
      detail={
        <>
          <Since at={since} />
          {expiresAt === undefined ? null : (
            <>
              , expires <Until at={expiresAt} />
            </>
          )}
        </>
      }
    />
  )
}

function Ended({ status, word }: { status: ShownStatus; word: string }): ReactElement {
  return (
    <span className={`status ${status}`}>
      <Shape status={status} />
      {word}
    </span>
  )
}

function Question({ wait, title }: { wait: Wait; title: string }): ReactElement {
  const { runId, flowName, step, item, description, context, decided, expired, over } = wait
  const { data: info } = useQuery(queries.info())
  return (
    <div className="reading approval-page">
      <h1>{title}</h1>
      <p className="ink-2 about">
        {description ? `${description} ` : null}
        Asked by{' '}
        <Link
          to="/runs/$runId"
          params={{ runId }}
          search={item === 0 ? { step } : { item: String(item), step }}
          className="link"
        >
          {step}
        </Link>{' '}
        of {flowName ?? 'a flow'}, run <span className="mono">{shortId(runId)}</span>.
      </p>
      {context === undefined || context === null ? null : (
        <section>
          <h2>Context</h2>
          <Context value={context} />
        </section>
      )}
      {decided ? (
        <section aria-live="polite">
          <h2>
            Decided by {decided.by ?? 'somebody'}, <WholeTime at={decided.at} />
          </h2>
          <Value value={decided.payload} what="decision" />
        </section>
      ) : expired || over ? (
        <section aria-live="polite">
          <h2>{expired ? 'Nobody decided in time' : 'Its run has ended, and no longer asks'}</h2>
        </section>
      ) : info?.role === 'viewer' ? (
        <p className="ink-2">An operator can decide this; your role is viewer.</p>
      ) : (
        <Decision wait={wait} />
      )}
    </div>
  )
}

/** A few plain facts are read as such; all else as data. */
function Context({ value }: { value: unknown }): ReactElement {
  const facts = factsOf(value)
  if (facts === undefined) return <Value value={value} what="context" />
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

function Decision({ wait }: { wait: Wait }): ReactElement {
  const { schema } = wait
  const hasFields = typeof schema === 'object' && schema !== null
  const { data: info } = useQuery(queries.info())
  const [value, setValue] = useState<unknown>(() => (hasFields ? emptyValue(schema, schema as Schema) : undefined))
  const [isTried, setTried] = useState(false)
  const [refused, setRefused] = useState<string>()
  const [isSending, setSending] = useState(false)
  const problems = isTried ? problemsIn(schema, value ?? null) : new Map<string, string>()
  const send = async (event: FormEvent) => {
    event.preventDefault()
    setTried(true)
    if (!isReadable(event.currentTarget as HTMLFormElement)) return
    if (hasFields && problemsIn(schema, value ?? null).size > 0) return
    setSending(true)
    try {
      queryClient.setQueryData(['wait', wait.id], await client.decideWait(wait.id, value ?? null))
      await queryClient.invalidateQueries({ queryKey: ['waits'] })
    } catch (error) {
      setRefused((error as Error).message)
      // Somebody else may have decided: what they decided is shown.
      await queryClient.invalidateQueries({ queryKey: ['wait', wait.id] })
    } finally {
      setSending(false)
    }
  }
  return (
    <form aria-label="Decision" onSubmit={(event) => void send(event)} noValidate>
      {hasFields ? (
        <ChoiceAsBoxes value={true}>
          <Form schema={schema} value={value} onChange={setValue} problems={problems} />
        </ChoiceAsBoxes>
      ) : (
        <JsonField label="Answer" value={value} onChange={setValue} />
      )}
      {refused === undefined ? null : (
        <p className="wrong" role="alert">
          {refused}
        </p>
      )}
      <div className="row decide">
        <Button type="submit" look="primary" isDisabled={isSending}>
          Send decision
        </Button>
        <span className="small ink-3">
          {info?.name === undefined ? 'A decision is final' : `As ${info.name}; a decision is final`}
        </span>
      </div>
    </form>
  )
}
