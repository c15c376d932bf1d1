// The graph: edges on a canvas, steps in sight as buttons above it. Beyond some hundreds of steps in sight these are drawn, too.

import { pathOf } from '@stepflow/draw'
import { Maximize, Minus, Plus } from 'lucide-react'
import {
  type KeyboardEvent,
  memo,
  type PointerEvent,
  type ReactElement,
  useCallback,
  useEffect,
  useMemo,
  useRef,
  useState,
} from 'react'
import type { RunGraph } from '../model/run-graph.ts'
import { Button } from '../parts/button.tsx'
import { useTheme } from '../parts/settings.ts'
import type { GraphProps } from './graph-props.ts'
import { Legend } from './legend.tsx'
import { MINIMAP_FROM, Minimap } from './minimap.tsx'
import { Outline } from './outline.tsx'
import { edgeOf, paintGraph } from './paint-graph.ts'
import { Shapes } from './shapes.tsx'
import { fitted, type Size, showing, type View, zoomed } from './view.ts'

const MOST_BUTTONS = 400
const NONE: readonly string[] = []

/** Rendered again only for other properties: what is typed beside it does not concern it. */
export const Graph = memo(function Graph(props: GraphProps): ReactElement {
  const {
    graph,
    nodes,
    critical = NONE,
    selected,
    isPlain = false,
    isEdited = false,
    isFaded,
    onSelect,
    onOpen,
    onConnect,
  } = props
  const box = useRef<HTMLDivElement>(null)
  const canvas = useRef<HTMLCanvasElement>(null)
  const [size, setSize] = useState<Size>({ width: 0, height: 0 })
  const [view, setView] = useState<View>()
  const { layout } = graph
  // In another theme everything is painted again.
  useTheme()
  const edges = useMemo(
    () => layout.ways.map((way) => (way.length > 1 ? edgeOf(way, pathOf(way, layout.direction)) : undefined)),
    [layout],
  )

  useEffect(() => {
    const element = box.current
    if (!element) return
    const observer = new ResizeObserver(([entry]) => {
      if (entry) setSize({ width: entry.contentRect.width, height: entry.contentRect.height })
    })
    observer.observe(element)
    return () => observer.disconnect()
  }, [])

  const fit = useCallback(() => {
    if (size.width > 0) setView(fitted(layout, size))
  }, [layout, size])
  // A graph that is another one is shown whole; one that was moved stays where it was put, and so does one that is edited. In a pane of another size it is fitted anew unless it was moved, and else keeps its middle.
  const shown = useRef<{ readonly graph: RunGraph; readonly size: Size }>(undefined)
  const wasMoved = useRef(false)
  useEffect(() => {
    if (size.width === 0) return
    const before = shown.current
    shown.current = { graph, size }
    if (before?.graph !== graph) {
      const by = before && isEdited ? moved(before.graph, graph, selected) : undefined
      if (!by) {
        wasMoved.current = false
        return setView(readable(layout, size))
      }
      return setView((now) => now && { ...now, x: now.x - by.x * now.scale, y: now.y - by.y * now.scale })
    }
    if (before.size === size) return
    if (!isEdited && !wasMoved.current) return setView(readable(layout, size))
    const [dx, dy] = [(size.width - before.size.width) / 2, (size.height - before.size.height) / 2]
    setView((now) => now && { ...now, x: now.x + dx, y: now.y + dy })
  }, [graph, layout, size, selected, isEdited])
  useEffect(() => {
    const target = selected === undefined ? undefined : layout.boxes[graph.shapeOf.get(selected) ?? -1]
    if (target && size.width > 0) setView((now) => now && showing(now, target, size))
  }, [selected, graph, layout, size])

  const seen = useSeen(graph, view, size)
  const hasButtons = seen.length <= MOST_BUTTONS
  useEffect(() => {
    const element = canvas.current
    if (!element || !view) return
    paintGraph({ element, size, view, graph, edges, nodes, critical, selected, seen: hasButtons ? [] : seen })
  })

  const onWheel = useCallback((event: WheelEvent) => {
    event.preventDefault()
    wasMoved.current = true
    const at = { x: event.offsetX, y: event.offsetY }
    setView((now) => {
      if (!now) return now
      if (event.ctrlKey || event.metaKey) return zoomed(now, Math.exp(-event.deltaY / 200), at)
      return { ...now, x: now.x - event.deltaX, y: now.y - event.deltaY }
    })
  }, [])
  useEffect(() => {
    const element = box.current
    // A listener of React's is passive, and could not keep the page from scrolling.
    element?.addEventListener('wheel', onWheel, { passive: false })
    return () => element?.removeEventListener('wheel', onWheel)
  }, [onWheel])

  const drag = useRef<{ x: number; y: number; moved: boolean }>(undefined)
  const onPointerDown = (event: PointerEvent<HTMLDivElement>) => {
    if ((event.target as HTMLElement).closest('button, .port, .minimap')) return
    drag.current = { x: event.clientX, y: event.clientY, moved: false }
    event.currentTarget.setPointerCapture(event.pointerId)
  }
  const onPointerMove = (event: PointerEvent) => {
    const from = drag.current
    if (!from) return
    const [dx, dy] = [event.clientX - from.x, event.clientY - from.y]
    if (!from.moved && Math.abs(dx) + Math.abs(dy) < 4) return
    drag.current = { x: event.clientX, y: event.clientY, moved: true }
    wasMoved.current = true
    setView((now) => now && { ...now, x: now.x + dx, y: now.y + dy })
  }
  const onPointerUp = (event: PointerEvent<HTMLDivElement>) => {
    const wasMoved = drag.current?.moved
    drag.current = undefined
    if (wasMoved !== false || hasButtons || !view) return
    const bounds = event.currentTarget.getBoundingClientRect()
    onSelect(stepAt(graph, view, event.clientX - bounds.left, event.clientY - bounds.top))
  }
  const onKey = (event: KeyboardEvent) => {
    const way = { ArrowRight: 'down', ArrowDown: 'next', ArrowLeft: 'up', ArrowUp: 'before' }[event.key] as
      | Way
      | undefined
    if (way && selected !== undefined) {
      event.preventDefault()
      const to = neighbour(graph, selected, way)
      if (to !== undefined) onSelect(to)
    } else if (event.key === 'Escape' && selected !== undefined) onSelect(undefined)
    else if (event.key === 'f') fit()
  }
  const centre = useCallback(
    (x: number, y: number) => {
      wasMoved.current = true
      setView((now) => now && { ...now, x: size.width / 2 - x * now.scale, y: size.height / 2 - y * now.scale })
    },
    [size],
  )
  const zoom = (factor: number) => {
    wasMoved.current = true
    setView((now) => now && zoomed(now, factor, { x: size.width / 2, y: size.height / 2 }))
  }

  return (
    <div className="canvas" onKeyDown={onKey}>
      <div
        className="sheet"
        ref={box}
        onPointerDown={onPointerDown}
        onPointerMove={onPointerMove}
        onPointerUp={onPointerUp}
      >
        <canvas ref={canvas} aria-hidden="true" />
        <Outline graph={graph} nodes={nodes} selected={selected} onSelect={onSelect} />
        {view && hasButtons ? (
          <div className="world" style={{ transform: `translate(${view.x}px, ${view.y}px) scale(${view.scale})` }}>
            <Shapes
              graph={graph}
              nodes={nodes}
              seen={seen}
              selected={selected}
              isPlain={isPlain}
              isFaded={isFaded}
              onSelect={onSelect}
              onOpen={onOpen}
              onConnect={onConnect}
            />
          </div>
        ) : null}
        {view && graph.steps.length > MINIMAP_FROM ? (
          <Minimap graph={graph} nodes={nodes} view={view} size={size} onCentre={centre} />
        ) : null}
      </div>
      <div className="canvas-foot">
        <div className="tools">
          <Button look="bare" square aria-label="Smaller" onPress={() => zoom(1 / 1.25)}>
            <Minus size={16} />
          </Button>
          <span className="small">{Math.round((view?.scale ?? 1) * 100)} %</span>
          <Button look="bare" square aria-label="Larger" onPress={() => zoom(1.25)}>
            <Plus size={16} />
          </Button>
          <Button look="bare" square aria-label="Fit" onPress={fit}>
            <Maximize size={16} />
          </Button>
        </div>
        <Legend graph={graph} hasCritical={critical.length > 1} />
      </div>
    </div>
  )
})

// ---

/** At first: whole if it can be read so, else its beginning. */
function readable(content: Size, box: Size): View {
  const whole = fitted(content, box)
  if (whole.scale >= 0.6) return whole
  const scale = 0.8
  return {
    scale,
    x: content.width * scale < box.width ? (box.width - content.width * scale) / 2 : 0,
    y: content.height * scale < box.height ? (box.height - content.height * scale) / 2 : 0,
  }
}

/** How far the selected step, or else the first that is in both, has moved; undefined: nothing is in both. */
function moved(before: RunGraph, now: RunGraph, selected: string | undefined): { x: number; y: number } | undefined {
  const isInBoth = (id: string | undefined): id is string =>
    id !== undefined && before.shapeOf.has(id) && now.shapeOf.has(id)
  const id = isInBoth(selected) ? selected : now.steps.find(isInBoth)
  const place = ({ layout, shapeOf }: RunGraph) => (id === undefined ? undefined : layout.boxes[shapeOf.get(id) ?? -1])
  const [from, to] = [place(before), place(now)]
  return from && to && { x: to.x - from.x, y: to.y - from.y }
}

const NOTHING: readonly number[] = []

/** The shapes in sight: the same list as long as they are the same, since a view moves more often than they change. */
function useSeen(graph: RunGraph, view: View | undefined, size: Size): readonly number[] {
  const [kept, setKept] = useState<readonly number[]>(NOTHING)
  const seen = useMemo(() => (view ? inSight(graph, view, size) : NOTHING), [graph, view, size])
  if (seen === kept || (seen.length === kept.length && seen.every((shape, i) => shape === kept[i]))) return kept
  setKept(seen)
  return seen
}

function inSight({ layout }: RunGraph, view: View, size: Size): number[] {
  const [left, top] = [-view.x / view.scale, -view.y / view.scale]
  const [right, bottom] = [left + size.width / view.scale, top + size.height / view.scale]
  const seen: number[] = []
  layout.boxes.forEach((at, shape) => {
    if (at && at.x < right && at.x + at.width > left && at.y < bottom && at.y + at.height > top) seen.push(shape)
  })
  return seen
}

function stepAt({ layout, steps }: RunGraph, view: View, x: number, y: number): string | undefined {
  const [px, py] = [(x - view.x) / view.scale, (y - view.y) / view.scale]
  const shape = layout.boxes.findIndex(
    (at) => at && px >= at.x && px <= at.x + at.width && py >= at.y && py <= at.y + at.height,
  )
  return steps[shape]
}

type Way = 'up' | 'down' | 'next' | 'before'

/** Along an edge, or beside it in the same column. */
function neighbour(graph: RunGraph, id: string, way: Way): string | undefined {
  const shape = graph.shapeOf.get(id)
  if (shape === undefined) return undefined
  if (way === 'up' || way === 'down') {
    const found = graph.drawing.arrows
      .filter(({ from, to }) => (way === 'down' ? from : to) === shape)
      .map(({ from, to }) => graph.steps[way === 'down' ? to : from])
    return found.find((step) => step !== undefined)
  }
  const at = graph.layout.boxes[shape]
  const column = graph.layout.boxes
    .map((box, i) => ({ box, step: graph.steps[i] }))
    .filter(({ box, step }) => box && at && step !== undefined && Math.abs(box.x - at.x) < 1)
    .sort((a, b) => (a.box?.y ?? 0) - (b.box?.y ?? 0))
  const place = column.findIndex(({ step }) => step === id)
  return column[place + (way === 'next' ? 1 : -1)]?.step
}
