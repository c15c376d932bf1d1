// Operations of form and graph, one after the other: each is made into changes of the text as it is when its turn comes.

import type { Operation } from '@stepflow/dialects/edit'
import { type RefObject, useCallback, useRef } from 'react'
import { say } from '../../parts/toasts.tsx'
import type { TextPaneHandle } from './text-pane.tsx'
import type { Compiled } from './use-compiled.ts'

export interface Changes {
  /** What refuses it is said. */
  readonly change: (operation: Operation) => void
  /** What refuses it is answered. */
  readonly tryChange: (operation: Operation) => Promise<string | undefined>
}

export function useChanges(
  { changesOf }: Pick<Compiled, 'changesOf'>,
  pane: RefObject<TextPaneHandle | null>,
  onSelect: (step: string | undefined) => void,
): Changes {
  const queue = useRef<Promise<unknown>>(Promise.resolve())
  const tryChange = useCallback(
    (operation: Operation) => {
      const turn = queue.current.then(async () => {
        try {
          // Somebody may type meanwhile: then they are made again, for what is there now.
          for (let of = pane.current?.text() ?? ''; ; of = pane.current?.text() ?? '') {
            if (pane.current?.apply(of, await changesOf(of, operation)) !== false) break
          }
          const step = selectedAfter(operation)
          if (step !== false) onSelect(step)
          return undefined
        } catch (error) {
          return (error as Error).message
        }
      })
      queue.current = turn
      return turn
    },
    [changesOf, pane, onSelect],
  )
  const change = useCallback(
    (operation: Operation) =>
      void tryChange(operation).then((refused) => {
        if (refused !== undefined) say(refused, { isFault: true })
      }),
    [tryChange],
  )
  return { change, tryChange }
}

// ---

/** False: the selection stays. */
function selectedAfter(operation: Operation): string | undefined | false {
  if (operation.op === 'rename') return operation.to
  if (operation.op === 'delete') return undefined
  const { id } = (operation.op === 'insert' ? operation.value : {}) as { readonly id?: unknown }
  return typeof id === 'string' ? id : false
}
