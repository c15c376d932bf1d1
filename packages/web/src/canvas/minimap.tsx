// A large graph, small: how its steps stand, and which part of it is in sight. A press or a drag moves that; the outline has the
// same for whoever does not see it.

import { type PointerEvent, type ReactElement, useEffect, useMemo, useRef } from 'react'
import type { RunGraph } from '../model/run-graph.ts'
import { useTheme } from '../parts/settings.ts'
import { useSteady } from '../parts/steady.ts'
import { coloursOf } from './colours.ts'
import type { GraphNode } from './graph-node.ts'
import type { Size, View } from './view.ts'

export interface MinimapProps {
  readonly graph: RunGraph
  readonly nodes: ReadonlyMap<string, GraphNode>
  readonly view: View
  readonly size: Size
  /** The point of the graph that is to be in the middle. */
  readonly onCentre: (x: number, y: number) => void
}

const MOST: Size = { width: 220, height: 96 }
/** A step is never smaller than that, so that one that failed is seen among thousands. */
const LEAST_DOT = 2
const AFTER_MS = 100
/** Fewer shapes are seen well enough without. */
export const MINIMAP_FROM = 60

export function Minimap({ graph, nodes, view, size, onCentre }: MinimapProps): ReactElement {
  const canvas = useRef<HTMLCanvasElement>(null)
  const isHeld = useRef(false)
  const isAsked = useRef(false)
  const theme = useTheme()
  const { layout } = graph
  const scale = Math.min(MOST.width / layout.width, MOST.height / layout.height)
  const own = useMemo(() => ({ width: layout.width * scale, height: layout.height * scale }), [layout, scale])

  const paintNow = useSteady(() => {
    isAsked.current = false
    if (canvas.current) paint(canvas.current, graph, nodes, own, scale)
  })

  // biome-ignore lint/correctness/useExhaustiveDependencies: what is painted, and in which theme
  useEffect(() => {
    // What lies in sight is shown first, and what changes many times a second is painted a few times.
    if (isAsked.current) return
    isAsked.current = true
    setTimeout(paintNow, AFTER_MS)
  }, [graph, nodes, own, scale, theme])

  const move = ({ clientX, clientY, currentTarget }: PointerEvent) => {
    const box = currentTarget.getBoundingClientRect()
    onCentre((clientX - box.x) / scale, (clientY - box.y) / scale)
  }
  const left = Math.max(0, (-view.x / view.scale) * scale)
  const top = Math.max(0, (-view.y / view.scale) * scale)
  const right = Math.min(own.width, ((size.width - view.x) / view.scale) * scale)
  const bottom = Math.min(own.height, ((size.height - view.y) / view.scale) * scale)
  return (
    <div className="minimap" aria-hidden="true">
      <div
        className="minimap-all"
        style={own}
        onPointerDown={(event) => {
          isHeld.current = true
          event.currentTarget.setPointerCapture(event.pointerId)
          move(event)
        }}
        onPointerMove={(event) => {
          if (isHeld.current) move(event)
        }}
        onPointerUp={() => {
          isHeld.current = false
        }}
      >
        <canvas ref={canvas} style={own} />
        {right > left && bottom > top ? <i style={{ left, top, width: right - left, height: bottom - top }} /> : null}
      </div>
    </div>
  )
}

// ---

/** What matters lies above what does not: a step that failed is not hidden by those beside it. */
const LAYERS = [
  ['line', new Set<GraphNode['status']>(['pending', 'skipped', 'cancelled'])],
  ['bar', new Set<GraphNode['status']>(['success', 'completed'])],
  ['running', new Set<GraphNode['status']>(['running'])],
  ['waiting', new Set<GraphNode['status']>(['waiting', 'paused'])],
  ['failed', new Set<GraphNode['status']>(['failed'])],
] as const

/** Pixel by pixel: ten thousand rectangles of a canvas take longer than all else on the page. */
function paint(
  element: HTMLCanvasElement,
  { layout, steps }: RunGraph,
  nodes: MinimapProps['nodes'],
  own: Size,
  scale: number,
): void {
  const ratio = devicePixelRatio
  const [width, height] = [Math.max(1, Math.round(own.width * ratio)), Math.max(1, Math.round(own.height * ratio))]
  element.width = width
  element.height = height
  const context = element.getContext('2d', { willReadFrequently: true })
  if (!context) return
  const colour = coloursOf()
  const colours = LAYERS.map(([name]) => {
    context.fillStyle = colour(name)
    context.fillRect(0, 0, 1, 1)
    return new Uint32Array(context.getImageData(0, 0, 1, 1).data.buffer)[0] as number // four bytes
  })
  const image = context.createImageData(width, height)
  const pixels = new Uint32Array(image.data.buffer)
  LAYERS.forEach(([, statuses], layer) => {
    for (let shape = 0; shape < steps.length; shape++) {
      const [box, id] = [layout.boxes[shape], steps[shape]]
      if (!box || id === undefined || !statuses.has(nodes.get(id)?.status ?? 'pending')) continue
      const [left, top] = [Math.floor(box.x * scale * ratio), Math.floor(box.y * scale * ratio)]
      const right = Math.min(width, left + Math.max(LEAST_DOT, Math.round(box.width * scale * ratio)))
      const bottom = Math.min(height, top + Math.max(LEAST_DOT, Math.round(box.height * scale * ratio)))
      for (let y = top; y < bottom; y++) pixels.fill(colours[layer] as number, y * width + left, y * width + right)
    }
  })
  context.putImageData(image, 0, 0)
}
