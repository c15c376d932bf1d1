// A table of which only the rows in sight are there, however many it has.

import { memo, type ReactElement, type ReactNode, useEffect, useRef } from 'react'
import { NARROW, useMedia } from './media.ts'
import { goToRow } from './row-keys.ts'
import { useSight } from './sight.ts'
import { useSteady } from './steady.ts'

export interface Column<Row> {
  readonly name: ReactNode
  /** CSS width; the rest is shared by those without. */
  readonly width?: string
  readonly isRight?: boolean
  /** Left out where there is little room. */
  readonly isExtra?: boolean
  /** Where a row has two lines: at the end of the first one, cut if need be. */
  readonly isName?: boolean
  /** Left out before those. */
  readonly isWide?: boolean
  readonly cell: (row: Row) => ReactNode
}

export interface RowsProps<Row> {
  readonly label: string
  readonly columns: readonly Column<Row>[]
  readonly rows: readonly Row[]
  readonly keyOf: (row: Row) => string
  readonly rowHeight?: number
  readonly selected?: string | undefined
  readonly isDimmed?: (row: Row) => boolean
  readonly onOpen?: (row: Row) => void
  /** Called when the last rows come in sight. */
  readonly onEnd?: () => void
  /** How many there are, if not all are here. */
  readonly total?: number
  readonly empty?: ReactNode
}

const MARGIN_ROWS = 12

export function Rows<Row>(props: RowsProps<Row>): ReactElement {
  const isNarrow = useMedia(NARROW)
  const {
    label,
    columns,
    rows,
    keyOf,
    rowHeight = isNarrow ? 57 : 32,
    selected,
    isDimmed,
    onOpen,
    onEnd,
    total,
    empty,
  } = props
  const box = useRef<HTMLDivElement>(null)
  const [first, count] = useSight(box, rowHeight, MARGIN_ROWS)
  const last = Math.min(rows.length, first + count)
  useEffect(() => {
    if (rows.length > 0 && last >= rows.length) onEnd?.()
  }, [last, rows.length, onEnd])

  const open = useSteady((row: unknown) => onOpen?.(row as Row)) // one of this table

  return (
    <div className="scroll" ref={box}>
      <table aria-label={label} aria-rowcount={(total ?? rows.length) + 1}>
        <colgroup>
          {columns.map(({ width, isExtra, isWide }, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: columns never move
            <col key={i} className={classOf(false, isExtra, isWide)} style={width === undefined ? {} : { width }} />
          ))}
        </colgroup>
        <thead>
          <tr>
            {columns.map(({ name, isRight, isExtra, isWide }, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: columns never move
              <th key={i} scope="col" className={classOf(isRight, isExtra, isWide)}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody onKeyDown={goToRow}>
          {first > 0 ? <tr aria-hidden="true" className="space" style={{ height: first * rowHeight }} /> : null}
          {rows.slice(first, last).map((row, i) => {
            const key = keyOf(row)
            return (
              <Line
                key={key}
                row={row}
                columns={columns as readonly Column<unknown>[]} // each is handed rows of this table
                index={first + i + 2}
                isSelected={selected === key}
                isDimmed={isDimmed?.(row) ?? false}
                onOpen={open}
              />
            )
          })}
          {last < rows.length ? (
            <tr aria-hidden="true" className="space" style={{ height: (rows.length - last) * rowHeight }} />
          ) : null}
        </tbody>
      </table>
      {rows.length === 0 ? empty : null}
    </div>
  )
}

// ---

interface LineProps {
  readonly row: unknown
  readonly columns: readonly Column<unknown>[]
  readonly index: number
  readonly isSelected: boolean
  readonly isDimmed: boolean
  readonly onOpen: (row: unknown) => void
}

/** Rendered again when its row is another one: of a live list few rows change at a time. */
const Line = memo(function Line({ row, columns, index, isSelected, isDimmed, onOpen }: LineProps): ReactElement {
  return (
    <tr
      aria-rowindex={index}
      aria-selected={isSelected ? true : undefined}
      className={isDimmed ? 'dimmed' : undefined}
      onClick={(event) => {
        if (!(event.target as HTMLElement).closest('a, button, input, label')) onOpen(row)
      }}
    >
      {columns.map(({ cell, isRight, isExtra, isWide, isName }, c) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: columns never move
        <td key={c} className={classOf(isRight, isExtra, isWide, isName)}>
          {cell(row)}
        </td>
      ))}
    </tr>
  )
})

function classOf(isRight = false, isExtra = false, isWide = false, isName = false): string | undefined {
  const words = [isRight ? 'right' : '', isExtra ? 'extra' : '', isWide ? 'wide' : '', isName ? 'name' : '']
  return words.filter(Boolean).join(' ') || undefined
}
