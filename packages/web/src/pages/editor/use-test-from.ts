// A run that the address names becomes a case of the flow's tests, in the text; once, then the address forgets it.

import type { Operation } from '@stepflow/dialects/edit'
import { useNavigate } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import { client } from '../../api/client.ts'
import { shortId } from '../../model/format.ts'
import { testCase } from '../../model/test-case.ts'
import { say } from '../../parts/toasts.tsx'

export function useTestFrom(
  name: string | undefined,
  runId: string | undefined,
  change: (operation: Operation) => void,
): void {
  const done = useRef<string>(undefined)
  const navigate = useNavigate()
  useEffect(() => {
    if (name === undefined || runId === undefined || done.current === runId) return
    done.current = runId
    client
      .getItem(runId, 0, 'full')
      .then((item) => {
        change({ op: 'insert', path: ['test', 'cases'], value: testCase(item, shortId(runId)) })
        say('The run is a test in the text now: save it')
      })
      .catch((error: Error) => say(error.message, { isFault: true }))
      .finally(() => void navigate({ to: '/flows/$name/edit', params: { name }, search: {}, replace: true }))
  }, [name, runId, change, navigate])
}
