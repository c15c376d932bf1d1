// Where a line to another step begins, drawn with the mouse. Keys have a dialog for it.

import { type PointerEvent, type ReactElement, useState } from 'react'

export interface PortProps {
  readonly from: string
  readonly onConnect: (from: string, to: string) => void
}

export function Port({ from, onConnect }: PortProps): ReactElement {
  const [line, setLine] = useState<{ readonly start: Point; readonly end: Point }>()
  const over = ({ clientX, clientY }: PointerEvent) =>
    document
      .elementsFromPoint(clientX, clientY)
      .map((element) => element.closest<HTMLElement>('[data-step]')?.dataset.step)
      .find((id) => id !== undefined && id !== from)
  return (
    <span
      className="port"
      aria-hidden="true"
      onPointerDown={(event) => {
        event.preventDefault()
        event.stopPropagation()
        event.currentTarget.setPointerCapture(event.pointerId)
        const at = { x: event.clientX, y: event.clientY }
        setLine({ start: at, end: at })
      }}
      onPointerMove={(event) => setLine((now) => now && { ...now, end: { x: event.clientX, y: event.clientY } })}
      onPointerCancel={() => setLine(undefined)}
      onPointerUp={(event) => {
        const to = line && over(event)
        setLine(undefined)
        if (to !== undefined) onConnect(from, to)
      }}
    >
      {line ? <DrawnLine {...line} /> : null}
    </span>
  )
}

// ---

interface Point {
  readonly x: number
  readonly y: number
}

function DrawnLine({ start, end }: { start: Point; end: Point }): ReactElement {
  const [dx, dy] = [end.x - start.x, end.y - start.y]
  const angle = Math.atan2(dy, dx)
  return <span className="drawn-line" style={{ width: Math.hypot(dx, dy), transform: `rotate(${angle}rad)` }} />
}
