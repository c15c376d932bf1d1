// The graph: edges on a canvas, steps in sight as buttons above it. Beyond some hundreds of steps in sight these are drawn, too.

import type { Arrow } from '@stepflow/draw'
import { pathOf } from '@stepflow/draw'
import { Maximize, Minus, Plus } from 'lucide-react'
import {
  type KeyboardEvent,
  type PointerEvent,
  type ReactElement,
  useCallback,
  useEffect,
  useMemo,
  useRef,
  useState,
} from 'react'
import type { RunGraph } from '../model/run-graph.ts'
import type { ShownStatus } from '../model/run-words.ts'
import { Button } from '../parts/button.tsx'
import { Shape } from '../parts/status.tsx'
import { resolved } from './colours.ts'
import { fitted, type Size, showing, type View, zoomed } from './view.ts'

export interface GraphNode {
  readonly id: string
  readonly status: ShownStatus
  /** Of the run that this one is compared with. */
  readonly before?: ShownStatus
  readonly recovered: boolean
  /** Below its name: what matters now. */
  readonly detail: string
  /** Read out after its name: `needs score, feeds notify`. */
  readonly description: string
}

export interface GraphProps {
  readonly graph: RunGraph
  readonly nodes: ReadonlyMap<string, GraphNode>
  /** Steps of the critical path, in order. */
  readonly critical: readonly string[]
  readonly selected: string | undefined
  /** Of a flow, not of a run: steps are named without a status. */
  readonly isPlain?: boolean
  readonly isFaded?: (id: string) => boolean
  readonly onSelect: (id: string | undefined) => void
}

const MOST_BUTTONS = 400

export function Graph(props: GraphProps): ReactElement {
  const { graph, nodes, critical, selected, isPlain = false, isFaded, onSelect } = props
  const box = useRef<HTMLDivElement>(null)
  const canvas = useRef<HTMLCanvasElement>(null)
  const [size, setSize] = useState<Size>({ width: 0, height: 0 })
  const [view, setView] = useState<View>()
  const { layout } = graph
  const paths = useMemo(
    () => layout.ways.map((way) => (way.length > 1 ? new Path2D(pathOf(way, layout.direction)) : undefined)),
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
  // A graph that is another one is shown whole; one that was moved stays where it was put.
  const shown = useRef<RunGraph['layout']>(undefined)
  useEffect(() => {
    if (size.width === 0 || shown.current === layout) return
    shown.current = layout
    setView(readable(layout, size))
  }, [layout, size])
  useEffect(() => {
    const target = selected === undefined ? undefined : layout.boxes[graph.shapeOf.get(selected) ?? -1]
    if (target && size.width > 0) setView((now) => now && showing(now, target, size))
  }, [selected, graph, layout, size])

  const seen = useMemo(() => (view ? inSight(graph, view, size) : []), [graph, view, size])
  const hasButtons = seen.length <= MOST_BUTTONS
  useEffect(() => {
    const element = canvas.current
    if (!element || !view) return
    paint({ element, size, view, graph, paths, nodes, critical, selected, seen: hasButtons ? [] : seen })
  })

  const onWheel = useCallback((event: WheelEvent) => {
    event.preventDefault()
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
    if ((event.target as HTMLElement).closest('button')) return
    drag.current = { x: event.clientX, y: event.clientY, moved: false }
    event.currentTarget.setPointerCapture(event.pointerId)
  }
  const onPointerMove = (event: PointerEvent) => {
    const from = drag.current
    if (!from) return
    const [dx, dy] = [event.clientX - from.x, event.clientY - from.y]
    if (!from.moved && Math.abs(dx) + Math.abs(dy) < 4) return
    drag.current = { x: event.clientX, y: event.clientY, moved: true }
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
  const zoom = (factor: number) =>
    setView((now) => now && zoomed(now, factor, { x: size.width / 2, y: size.height / 2 }))

  return (
    <div
      className="canvas"
      ref={box}
      onPointerDown={onPointerDown}
      onPointerMove={onPointerMove}
      onPointerUp={onPointerUp}
      onKeyDown={onKey}
    >
      <canvas ref={canvas} aria-hidden="true" />
      <Outline graph={graph} nodes={nodes} selected={selected} onSelect={onSelect} />
      {view && hasButtons
        ? seen.map((shape) => {
            const id = graph.steps[shape]
            const at = layout.boxes[shape]
            const kind = graph.drawing.shapes[shape]?.kind
            if (!at) return null
            const place = {
              transform: `translate(${view.x + at.x * view.scale}px, ${view.y + at.y * view.scale}px) scale(${view.scale})`,
              width: at.width,
              height: at.height,
            }
            if (id === undefined) {
              return (
                <span key={shape} className="end" style={place} aria-hidden="true">
                  {graph.drawing.shapes[shape]?.label}
                </span>
              )
            }
            const node = nodes.get(id)
            const status = node?.status ?? 'pending'
            return (
              <div
                key={shape}
                className={`node ${status}${kind === 'step' ? '' : ' sheets'}${node?.before === undefined ? '' : ' two'}${selected === id ? ' selected' : ''}${isFaded?.(id) ? ' faded' : ''}`}
                style={place}
              >
                {node?.before === undefined ? null : <Shape status={node.before} />}
                <Shape status={status} recovered={node?.recovered ?? false} />
                <span className="cut name">{id}</span>
                <small className="cut">{node?.detail}</small>
                {/* Its name is what everybody hears; what is seen lies below it. */}
                <button
                  type="button"
                  tabIndex={-1}
                  className="cover"
                  aria-label={isPlain ? id : nameOfStep(id, node)}
                  aria-description={node?.description}
                  aria-pressed={selected === id}
                  onClick={() => onSelect(id)}
                />
              </div>
            )
          })
        : null}
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
  )
}

// ---

function nameOfStep(id: string, node: GraphNode | undefined): string {
  const status = node?.status ?? 'pending'
  return node?.before === undefined || node.before === status
    ? `${id}, ${status}`
    : `${id}, ${node.before} to ${status}`
}

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

interface Painted {
  readonly element: HTMLCanvasElement
  readonly size: Size
  readonly view: View
  readonly graph: RunGraph
  readonly paths: readonly (Path2D | undefined)[]
  readonly nodes: ReadonlyMap<string, GraphNode>
  readonly critical: readonly string[]
  readonly selected: string | undefined
  /** Shapes that are drawn here, since they are too many for buttons. */
  readonly seen: readonly number[]
}

const DASHES: Partial<Record<Arrow['kind'], readonly number[]>> = { maybe: [5, 4], order: [1, 4], failure: [5, 4] }

function paint({ element, size, view, graph, paths, nodes, critical, selected, seen }: Painted): void {
  const ratio = devicePixelRatio
  const [width, height] = [Math.round(size.width * ratio), Math.round(size.height * ratio)]
  if (element.width !== width || element.height !== height) {
    element.width = width
    element.height = height
  }
  const context = element.getContext('2d')
  if (!context) return
  const style = getComputedStyle(element)
  const colour = (name: string) => style.getPropertyValue(`--${name}`)
  context.setTransform(1, 0, 0, 1, 0, 0)
  context.clearRect(0, 0, width, height)
  context.setTransform(ratio * view.scale, 0, 0, ratio * view.scale, ratio * view.x, ratio * view.y)
  const isCritical = new Set(
    critical.slice(1).map((id, i) => `${graph.shapeOf.get(critical[i] ?? '')}>${graph.shapeOf.get(id)}`),
  )
  const [line, accent, failed] = [resolved(style, 'line-strong'), resolved(style, 'accent'), resolved(style, 'failed')]
  graph.drawing.arrows.forEach(({ from, to, kind }, i) => {
    const path = paths[i]
    if (!path) return
    const isMain = isCritical.has(`${from}>${to}`)
    const target = nodes.get(graph.steps[to] ?? '')
    context.globalAlpha = target?.status === 'skipped' ? 0.5 : 1
    context.strokeStyle = isMain ? accent : kind === 'failure' ? failed : line
    context.lineWidth = isMain ? 2.5 : kind === 'order' ? 1.75 : 1.25
    context.lineCap = kind === 'order' ? 'round' : 'butt'
    context.setLineDash(isMain ? [] : [...(DASHES[kind] ?? [])])
    context.stroke(path)
  })
  context.globalAlpha = 1
  context.setLineDash([])
  for (const shape of seen) {
    const at = graph.layout.boxes[shape]
    const id = graph.steps[shape]
    if (!at || id === undefined) continue
    const status = nodes.get(id)?.status ?? 'pending'
    context.fillStyle = status === 'pending' ? resolved(style, 'raised') : resolved(style, tintOf(status))
    context.strokeStyle = id === selected ? accent : resolved(style, inkOf(status))
    context.lineWidth = id === selected ? 3 / view.scale : 1 / view.scale
    context.beginPath()
    context.roundRect(at.x, at.y, at.width, at.height, 6)
    context.fill()
    context.stroke()
    if (view.scale < 0.35) continue
    context.fillStyle = resolved(style, 'ink')
    context.font = `600 12px ${colour('font')}`
    context.fillText(id, at.x + 10, at.y + at.height / 2 + 4, at.width - 20)
  }
}

function inkOf(status: ShownStatus): string {
  if (status === 'failed' || status === 'running' || status === 'waiting') return status
  return status === 'pending' || status === 'skipped' ? 'line' : 'line-strong'
}

function tintOf(status: ShownStatus): string {
  if (status === 'failed' || status === 'running' || status === 'waiting') return `${status}-tint`
  return status === 'success' ? 'success-tint' : 'idle-tint'
}

/** The same as the graph, for whoever does not see it: one selection for both. */
function Outline(props: Pick<GraphProps, 'graph' | 'nodes' | 'selected' | 'onSelect'>): ReactElement {
  const { graph, nodes, selected, onSelect } = props
  const steps = graph.steps.filter((id) => id !== undefined)
  const at = Math.max(0, steps.indexOf(selected ?? ''))
  const onKey = (event: KeyboardEvent) => {
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: steps.length - 1 }[event.key]
    if (to === undefined) return
    event.preventDefault()
    event.stopPropagation()
    const id = steps[Math.min(steps.length - 1, Math.max(0, to))]
    if (id !== undefined) onSelect(id)
  }
  // Around the selection only: a reader moves step by step, and a browser need not hold ten thousand.
  const from = Math.max(0, at - 100)
  return (
    <ul
      role="tree"
      aria-label="Outline"
      className="hidden"
      tabIndex={0}
      onKeyDown={onKey}
      aria-activedescendant={`outline-${at}`}
    >
      {steps.slice(from, at + 100).map((id, i) => (
        <li
          key={id}
          id={`outline-${from + i}`}
          role="treeitem"
          aria-selected={id === selected}
          aria-posinset={from + i + 1}
          aria-setsize={steps.length}
          aria-label={nameOfStep(id, nodes.get(id))}
          aria-description={nodes.get(id)?.description}
          onClick={() => onSelect(id)}
        />
      ))}
    </ul>
  )
}

const WORDS: Partial<Record<Arrow['kind'], string>> = {
  data: 'data',
  maybe: 'if taken',
  order: 'order',
  next: 'next',
  branch: 'branch',
  failure: 'on failure',
}

function Legend({ graph, hasCritical }: { graph: RunGraph; hasCritical: boolean }): ReactElement | null {
  const kinds = [...new Set(graph.drawing.arrows.map(({ kind }) => kind))].filter((kind) => WORDS[kind])
  if (kinds.length < 2 && !hasCritical) return null
  return (
    <ul className="legend small ink-3" aria-label="Legend">
      {kinds.map((kind) => (
        <li key={kind}>
          <svg width="20" height="8" aria-hidden="true">
            <path d="M0 4H20" className={`edge ${kind}`} />
          </svg>
          {WORDS[kind]}
        </li>
      ))}
      {hasCritical ? (
        <li>
          <svg width="20" height="8" aria-hidden="true">
            <path d="M0 4H20" className="edge critical" />
          </svg>
          critical
        </li>
      ) : null}
    </ul>
  )
}
