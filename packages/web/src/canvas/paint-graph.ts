// Draws the edges of a graph, and steps where they are too many for buttons, in the colours of the page.

import type { Arrow } from '@stepflow/draw'
import type { RunGraph } from '../model/run-graph.ts'
import type { ShownStatus } from '../model/run-words.ts'
import { coloursOf, fontFamily } from './colours.ts'
import type { GraphNode } from './graph-node.ts'
import type { Size, View } from './view.ts'

export interface Edge {
  readonly path: Path2D
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
}

/** An edge along its points, with where it lies: what is out of sight is not painted. */
export function edgeOf(way: readonly { readonly x: number; readonly y: number }[], path: string): Edge {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity]
  for (const { x, y } of way) {
    left = Math.min(left, x)
    right = Math.max(right, x)
    top = Math.min(top, y)
    bottom = Math.max(bottom, y)
  }
  return { path: new Path2D(path), left, top, right, bottom }
}

export interface Painted {
  readonly element: HTMLCanvasElement
  readonly size: Size
  readonly view: View
  readonly graph: RunGraph
  readonly edges: readonly (Edge | undefined)[]
  readonly nodes: ReadonlyMap<string, GraphNode>
  readonly critical: readonly string[]
  readonly selected: string | undefined
  /** Shapes that are drawn here, since they are too many for buttons. */
  readonly seen: readonly number[]
}

const LEAST_READ = 0.35
const SOLID: number[] = []
const DASHES: Partial<Record<Arrow['kind'], number[]>> = { maybe: [5, 4], order: [1, 4], failure: [5, 4] }

export function paintGraph({ element, size, view, graph, edges, nodes, critical, selected, seen }: Painted): void {
  const ratio = devicePixelRatio
  const [width, height] = [Math.round(size.width * ratio), Math.round(size.height * ratio)]
  if (element.width !== width || element.height !== height) {
    element.width = width
    element.height = height
  }
  const context = element.getContext('2d')
  if (!context) return
  const colour = coloursOf()
  const font = `600 12px ${fontFamily()}`
  context.setTransform(1, 0, 0, 1, 0, 0)
  context.clearRect(0, 0, width, height)
  context.setTransform(ratio * view.scale, 0, 0, ratio * view.scale, ratio * view.x, ratio * view.y)
  const isCritical = new Set(
    critical.slice(1).map((id, i) => `${graph.shapeOf.get(critical[i] ?? '')}>${graph.shapeOf.get(id)}`),
  )
  const [line, accent, failed] = [colour('line-strong'), colour('accent'), colour('failed')]
  const [x, y] = [-view.x / view.scale, -view.y / view.scale]
  const [endX, endY] = [x + size.width / view.scale, y + size.height / view.scale]
  let dashed = SOLID
  context.setLineDash(SOLID)
  graph.drawing.arrows.forEach(({ from, to, kind }, i) => {
    const edge = edges[i]
    if (!edge || edge.right < x || edge.left > endX || edge.bottom < y || edge.top > endY) return
    const isMain = isCritical.has(`${from}>${to}`)
    const target = nodes.get(graph.steps[to] ?? '')
    context.globalAlpha = target?.status === 'skipped' ? 0.5 : 1
    context.strokeStyle = isMain ? accent : kind === 'failure' ? failed : line
    context.lineWidth = isMain ? 2.5 : kind === 'order' ? 1.75 : 1.25
    context.lineCap = kind === 'order' ? 'round' : 'butt'
    const dash = isMain || view.scale < LEAST_READ ? SOLID : (DASHES[kind] ?? SOLID)
    if (dash !== dashed) context.setLineDash(dash)
    dashed = dash
    context.stroke(edge.path)
  })
  context.globalAlpha = 1
  context.setLineDash(SOLID)
  for (const shape of seen) {
    const at = graph.layout.boxes[shape]
    const id = graph.steps[shape]
    if (!at || id === undefined) continue
    const status = nodes.get(id)?.status ?? 'pending'
    context.fillStyle = status === 'pending' ? colour('raised') : colour(tintOf(status))
    context.strokeStyle = id === selected ? accent : colour(inkOf(status))
    context.lineWidth = id === selected ? 3 / view.scale : 1 / view.scale
    // So small that nobody sees a corner or a name.
    if (view.scale < LEAST_READ) {
      context.fillRect(at.x, at.y, at.width, at.height)
      context.strokeRect(at.x, at.y, at.width, at.height)
      continue
    }
    context.beginPath()
    context.roundRect(at.x, at.y, at.width, at.height, 6)
    context.fill()
    context.stroke()
    context.fillStyle = colour('ink')
    context.font = font
    context.fillText(id, at.x + 10, at.y + at.height / 2 + 4, at.width - 20)
  }
}

// ---

function inkOf(status: ShownStatus): string {
  if (status === 'failed' || status === 'running' || status === 'waiting') return status
  return status === 'pending' || status === 'skipped' ? 'line' : 'line-strong'
}

function tintOf(status: ShownStatus): string {
  if (status === 'failed' || status === 'running' || status === 'waiting') return `${status}-tint`
  return status === 'success' ? 'success-tint' : 'idle-tint'
}
