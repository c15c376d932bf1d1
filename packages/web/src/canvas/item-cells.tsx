// Items as cells by number, drawn on a canvas, with all of them as a strip beside. The list beside has the same for whoever does
// not see it.

import { type PointerEvent, type ReactElement, useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { countText } from '../model/format.ts'
import { bandsOf, cellAt, FAILED, statusOfItem } from '../model/item-cells.ts'
import { useTheme } from '../parts/settings.ts'
import { coloursOf, fontFamily } from './colours.ts'

export interface ItemCellsProps {
  readonly statuses: Uint8Array
  /** Others are faded. */
  readonly shown: Uint32Array
  readonly selected: number | undefined
  readonly onOpen: (item: number) => void
}

const CELL = 10
const PITCH = 12
const NUMBERS = 64
const STRIP = 14
const ROWS_A_NUMBER = 5

export function ItemCells({ statuses, shown, selected, onOpen }: ItemCellsProps): ReactElement {
  const box = useRef<HTMLDivElement>(null)
  const canvas = useRef<HTMLCanvasElement>(null)
  const strip = useRef<HTMLCanvasElement>(null)
  const [size, setSize] = useState({ width: 0, height: 0 })
  const [under, setUnder] = useState<number>()
  const perRow = size.width >= NUMBERS + 40 * PITCH ? 40 : size.width >= NUMBERS + 20 * PITCH ? 20 : 10
  const rows = Math.ceil(statuses.length / perRow)
  const isFaded = useMemo(() => fadedOf(statuses.length, shown), [statuses, shown])
  const theme = useTheme()
  const bands = useMemo(() => bandsOf(statuses, Math.max(1, Math.floor(size.height))), [statuses, size.height])

  const paintAll = useCallback(() => {
    const [element, side, scroller] = [canvas.current, strip.current, box.current]
    if (!element || !side || !scroller) return
    const top = scroller.scrollTop
    paintCells(element, { statuses, isFaded, selected, perRow, top, ...size })
    paintStrip(side, bands, top / Math.max(1, rows * PITCH), size.height / Math.max(1, rows * PITCH))
  }, [statuses, isFaded, selected, perRow, size, rows, bands])

  useEffect(() => {
    const element = box.current
    if (!element) return
    const observer = new ResizeObserver(() => setSize({ width: element.clientWidth, height: element.clientHeight }))
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  // biome-ignore lint/correctness/useExhaustiveDependencies: in another theme they are painted again
  useEffect(() => {
    const element = box.current
    let frame = requestAnimationFrame(paintAll)
    const onScroll = () => {
      cancelAnimationFrame(frame)
      frame = requestAnimationFrame(paintAll)
    }
    element?.addEventListener('scroll', onScroll, { passive: true })
    return () => {
      cancelAnimationFrame(frame)
      element?.removeEventListener('scroll', onScroll)
    }
  }, [paintAll, theme])
  useEffect(() => {
    const element = box.current
    if (selected === undefined || !element) return
    const y = Math.floor(selected / perRow) * PITCH
    if (y < element.scrollTop || y > element.scrollTop + element.clientHeight - PITCH) {
      element.scrollTop = y - element.clientHeight / 2
    }
  }, [selected, perRow])

  const at = (event: PointerEvent<HTMLElement>) => {
    const element = box.current
    if (!element) return undefined
    const bounds = element.getBoundingClientRect()
    const [x, y] = [event.clientX - bounds.left - NUMBERS, event.clientY - bounds.top + element.scrollTop]
    return cellAt({ perRow, pitch: PITCH }, statuses.length, x, y)
  }
  const jump = (event: PointerEvent<HTMLCanvasElement>) => {
    const element = box.current
    if (!element || event.buttons === 0) return
    const bounds = event.currentTarget.getBoundingClientRect()
    const share = (event.clientY - bounds.top) / Math.max(1, bounds.height)
    element.scrollTop = share * rows * PITCH - element.clientHeight / 2
  }
  return (
    <div className="cells">
      <p className="small ink-2 cells-head" aria-hidden="true">
        {under === undefined
          ? `${countText(statuses.length)} ${statuses.length === 1 ? 'item' : 'items'}, a cell each`
          : `Item ${countText(under)}, ${statusOfItem(statuses, under)}`}
      </p>
      <div
        className="cells-scroll"
        ref={box}
        aria-hidden="true"
        onPointerMove={(event) => setUnder(at(event))}
        onPointerLeave={() => setUnder(undefined)}
        onPointerUp={(event) => {
          const item = at(event)
          if (item !== undefined) onOpen(item)
        }}
      >
        <canvas ref={canvas} style={{ width: size.width, height: size.height }} />
        <div style={{ height: Math.max(0, rows * PITCH - size.height) }} />
      </div>
      <canvas
        className="cells-strip"
        ref={strip}
        aria-hidden="true"
        style={{ width: STRIP, height: size.height }}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId)
          jump(event)
        }}
        onPointerMove={jump}
      />
    </div>
  )
}

// ---

/** By item; undefined if none is. */
function fadedOf(count: number, shown: Uint32Array): Uint8Array | undefined {
  if (shown.length === count) return undefined
  const faded = new Uint8Array(count).fill(1)
  for (let i = 0; i < shown.length; i++) faded[shown[i] as number] = 0
  return faded
}

interface Painted {
  readonly statuses: Uint8Array
  readonly isFaded: Uint8Array | undefined
  readonly selected: number | undefined
  readonly perRow: number
  readonly top: number
  readonly width: number
  readonly height: number
}

/** By byte. */
const COLOURS = ['line-strong', 'running', 'waiting', 'cell', 'line-strong', 'failed', 'idle']

function paintCells(element: HTMLCanvasElement, painted: Painted): void {
  const { statuses, isFaded, selected, perRow, top, width, height } = painted
  const context = sized(element, width, height)
  if (!context) return
  const colourOf = coloursOf()
  const first = Math.floor(top / PITCH)
  const last = Math.min(Math.ceil(statuses.length / perRow), Math.ceil((top + height) / PITCH))
  context.fillStyle = colourOf('ink-3')
  context.font = `11px ${fontFamily()}`
  context.textAlign = 'right'
  for (let row = Math.ceil(first / ROWS_A_NUMBER) * ROWS_A_NUMBER; row < last; row += ROWS_A_NUMBER) {
    context.fillText(countText(row * perRow), NUMBERS - 10, row * PITCH - top + CELL - 1)
  }
  // A colour at a time: to change it is what takes long.
  for (let byte = 0; byte < COLOURS.length; byte++) {
    const colour = colourOf(COLOURS[byte] as string)
    context.fillStyle = colour
    context.strokeStyle = colour
    context.lineWidth = 1.5
    for (let row = first; row < last; row++) {
      const y = row * PITCH - top
      for (let column = 0; column < perRow; column++) {
        const item = row * perRow + column
        if (item >= statuses.length || statuses[item] !== byte) continue
        context.globalAlpha = isFaded?.[item] ? 0.3 : 1
        cell(context, byte, NUMBERS + column * PITCH, y)
      }
    }
  }
  context.globalAlpha = 1
  // Not by its colour alone.
  context.strokeStyle = colourOf('bg')
  context.lineWidth = 1.5
  context.beginPath()
  for (let item = first * perRow; item < Math.min(statuses.length, last * perRow); item++) {
    if (statuses[item] !== FAILED || isFaded?.[item]) continue
    const [x, y] = [NUMBERS + (item % perRow) * PITCH, Math.floor(item / perRow) * PITCH - top]
    context.moveTo(x + 3, y + 3)
    context.lineTo(x + 7, y + 7)
    context.moveTo(x + 7, y + 3)
    context.lineTo(x + 3, y + 7)
  }
  context.stroke()
  if (selected === undefined) return
  context.strokeStyle = colourOf('accent')
  context.lineWidth = 2
  const [x, y] = [NUMBERS + (selected % perRow) * PITCH, Math.floor(selected / perRow) * PITCH - top]
  context.strokeRect(x - 1.5, y - 1.5, CELL + 3, CELL + 3)
}

function cell(context: CanvasRenderingContext2D, byte: number, x: number, y: number): void {
  if (byte === 0) return context.fillRect(x + 4, y + 4, 2, 2)
  if (byte === 4) return context.strokeRect(x + 1.5, y + 1.5, CELL - 3, CELL - 3)
  if (byte === 3 || byte === FAILED || byte === 6) return context.fillRect(x, y, CELL, CELL)
  context.beginPath()
  if (byte === 1) {
    context.arc(x + 5, y + 5, 3.75, 0, 1.5 * Math.PI)
    return context.stroke()
  }
  context.moveTo(x + 5, y)
  context.lineTo(x + 10, y + 5)
  context.lineTo(x + 5, y + 10)
  context.lineTo(x, y + 5)
  context.fill()
}

/** `from` and `share`: what of all is in sight. */
function paintStrip(element: HTMLCanvasElement, bands: Uint8Array, from: number, share: number): void {
  const context = sized(element, STRIP, bands.length)
  if (!context) return
  const colourOf = coloursOf()
  for (let band = 0; band < bands.length; band++) {
    const byte = bands[band] as number
    const isFailed = byte === FAILED
    context.fillStyle = colourOf(byte === 0 ? 'idle-tint' : isFailed ? 'cell' : (COLOURS[byte] as string))
    context.fillRect(0, band, STRIP, 1)
    if (!isFailed) continue
    // One of many: beside the others, not in their place.
    context.fillStyle = colourOf('failed')
    context.fillRect(STRIP - 5, band, 5, 1)
  }
  if (share >= 1) return
  context.strokeStyle = colourOf('ink')
  context.lineWidth = 1.5
  context.strokeRect(1, from * bands.length + 1, STRIP - 2, Math.max(6, share * bands.length - 2))
}

function sized(element: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D | null {
  const ratio = devicePixelRatio
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)]
  if (element.width !== w || element.height !== h) {
    element.width = w
    element.height = h
  }
  const context = element.getContext('2d')
  context?.setTransform(ratio, 0, 0, ratio, 0, 0)
  context?.clearRect(0, 0, width, height)
  return context
}
