// The cases in the text, run as they are written.

import { useQuery } from '@tanstack/react-query'
import { type ReactElement, useState } from 'react'
import { client } from '../../api/client.ts'
import { Button } from '../../parts/button.tsx'
import { Status } from '../../parts/status.tsx'
import { Outlines } from '../../parts/waiting.tsx'

export function Tests({ name, text }: { name: string; text: string }): ReactElement {
  const [asked, setAsked] = useState<string>()
  const { data, error, isFetching } = useQuery({
    queryKey: ['flow', name, 'tests', asked],
    queryFn: () => client.testFlow(name, asked === undefined ? {} : { text: asked }),
    enabled: asked !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  })
  return (
    <div className="padded-block">
      <p className="row">
        <Button isDisabled={isFetching} onPress={() => setAsked(text)}>
          Run all
        </Button>
        {data ? (
          <span className="ink-2">
            {data.passed} passed, {data.failed} failed
          </span>
        ) : null}
      </p>
      {error ? <p className="wrong">{error.message}</p> : null}
      {isFetching ? <Outlines rows={2} /> : null}
      {data?.cases.length === 0 ? <p className="ink-3">The flow has no tests.</p> : null}
      <ul>
        {data?.cases.map(({ name: of, passed, differences }) => (
          <li key={of}>
            <Status status={passed ? 'success' : 'failed'} detail={of} />
            {differences?.map(({ path, expected, actual }) => (
              <p key={path} className="mono small ink-2">
                {path}: expected {JSON.stringify(expected)}, is {JSON.stringify(actual)}
              </p>
            ))}
          </li>
        ))}
      </ul>
    </div>
  )
}
