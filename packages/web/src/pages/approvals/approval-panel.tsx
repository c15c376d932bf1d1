// The question that is selected, beside the others.

import { FlowError } from '@stepflow/engine'
import { useQuery } from '@tanstack/react-query'
import { X } from 'lucide-react'
import { type ReactElement, useEffect, useRef } from 'react'
import { queries } from '../../api/queries.ts'
import { Button } from '../../parts/button.tsx'
import { Fault } from '../../parts/fault.tsx'
import { PanelTitle } from '../../parts/panel-title.tsx'
import { Outlines } from '../../parts/waiting.tsx'
import { Question } from './question.tsx'

export interface ApprovalPanelProps {
  readonly waitId: string
  /** Opened by keys: what follows is done there. */
  readonly takesFocus: boolean
  readonly onClose: () => void
}

export function ApprovalPanel({ waitId, takesFocus, onClose }: ApprovalPanelProps): ReactElement {
  const { data, error, refetch } = useQuery(queries.wait(waitId))
  const heading = useRef<HTMLHeadingElement>(null)
  const isThere = data !== undefined
  useEffect(() => {
    if (takesFocus && isThere) heading.current?.focus()
  }, [takesFocus, isThere])
  return (
    <aside className="panel approval-panel" aria-label="Approval">
      {data ? (
        <Question
          wait={data}
          heading={
            <h2 className="asked" ref={heading} tabIndex={-1}>
              {data.title ?? data.name}
            </h2>
          }
          tools={
            <Button look="bare" dense square aria-label="Close" onPress={onClose}>
              <X size={16} />
            </Button>
          }
        />
      ) : (
        <>
          <div className="top">
            <PanelTitle onClose={onClose}>Approval</PanelTitle>
          </div>
          {FlowError.is(error) && error.code === 'NOT_FOUND' ? (
            <p className="empty">It is not there any more: its run was deleted.</p>
          ) : error ? (
            <Fault error={error} retry={() => void refetch()} />
          ) : (
            <Outlines />
          )}
        </>
      )}
    </aside>
  )
}
