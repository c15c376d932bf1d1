// One question put to a person, alone on the page: what is asked, what it is about, and the answer.

import type { Wait } from '@stepflow/api'
import { FlowError } from '@stepflow/engine'
import { useQuery } from '@tanstack/react-query'
import { createLazyRoute, Link, useParams } from '@tanstack/react-router'
import { type FormEvent, type ReactElement, useState } from 'react'
import { client } from '../../api/client.ts'
import { queries, queryClient } from '../../api/queries.ts'
import { emptyValue, type Schema } from '../../model/fields.ts'
import { problemsIn } from '../../model/schema-check.ts'
import { Button } from '../../parts/button.tsx'
import { Fault } from '../../parts/fault.tsx'
import { Form } from '../../parts/form.tsx'
import { isReadable, JsonField } from '../../parts/json-field.tsx'
import { Shape } from '../../parts/status.tsx'
import { Ago, WholeTime } from '../../parts/time.tsx'
import { Value } from '../../parts/value.tsx'
import { Outlines } from '../../parts/waiting.tsx'
import { Crumb } from '../../shell/crumb.tsx'
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
      <header className="head">
        <Crumb to="/approvals" word="Approvals" />
        <h1 className="cut">{title}</h1>
      </header>
      <div className="scroll">
        {error && !data ? <Fault error={error} retry={() => void refetch()} /> : null}
        {data || error ? null : <Outlines />}
        {data ? <Question wait={data} /> : null}
      </div>
    </>
  )
}

function Question({ wait }: { wait: Wait }): ReactElement {
  const { runId, flowName, step, item, description, context, since, expiresAt, decided, expired, over } = wait
  const { data: info } = useQuery(queries.info())
  return (
    <div className="reading approval-page">
      {description ? <p className="lead">{description}</p> : null}
      <p className="small ink-2">
        asked by{' '}
        <Link
          to="/runs/$runId"
          params={{ runId }}
          search={item === 0 ? { step } : { item: String(item), step }}
          className="link"
        >
          {flowName ?? 'A flow'}
        </Link>{' '}
        <Ago at={since} />
        {expiresAt !== undefined && !decided ? (
          <>
            , expires <Ago at={expiresAt} />
          </>
        ) : null}
      </p>
      {context === undefined || context === null ? null : (
        <section>
          <h2>Context</h2>
          <Value value={context} what="context" />
        </section>
      )}
      {decided ? (
        <section aria-live="polite">
          <h2 className="row">
            <Shape status="success" />
            <span>
              Decided by {decided.by ?? 'somebody'}, <WholeTime at={decided.at} />
            </span>
          </h2>
          <Value value={decided.payload} what="decision" />
        </section>
      ) : expired || over ? (
        <section aria-live="polite">
          <h2 className="row">
            <Shape status="skipped" />
            {expired ? 'Nobody decided in time' : 'Its run has ended, and no longer asks'}
          </h2>
        </section>
      ) : info?.role === 'viewer' ? (
        <p className="ink-2">An operator can decide this; your role is viewer.</p>
      ) : (
        <Decision wait={wait} />
      )}
    </div>
  )
}

function Decision({ wait }: { wait: Wait }): ReactElement {
  const { schema } = wait
  const hasFields = typeof schema === 'object' && schema !== null
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
        <Form schema={schema} value={value} onChange={setValue} problems={problems} />
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
        <span className="small ink-3">The run goes on with it; it cannot be taken back.</span>
      </div>
    </form>
  )
}
