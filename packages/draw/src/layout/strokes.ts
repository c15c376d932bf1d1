// Ways as lines to draw: where arrows of one kind share a line it is drawn once, so that dashes stay dashes.

import type { Direction, Layout, Point } from './layout.ts'

/** By arrow: what of its way no arrow before it has drawn already. */
export function strokesOf({ ways, direction }: Pick<Layout, 'ways' | 'direction'>, kindOf: (arrow: number) => string) {
  const drawn = new Drawn(direction)
  return ways.map((way, arrow): Point[][] => {
    const kind = kindOf(arrow)
    const lines: Point[][] = []
    for (let i = 1; i < way.length; i++) {
      for (const [from, to] of drawn.left(kind, way[i - 1] as Point, way[i] as Point)) {
        const last = lines.at(-1)
        if (last?.at(-1) === from) last.push(to)
        else lines.push([from, to])
      }
    }
    return lines
  })
}

// ---

type Line = readonly [from: Point, to: Point]

class Drawn {
  readonly #along: 'x' | 'y'
  readonly #across: 'x' | 'y'
  /** Stretches of lines that lead straight on, by their kind and place. */
  readonly #straight = new Map<string, (readonly [low: number, high: number])[]>()
  readonly #bent = new Set<string>()

  constructor(direction: Direction) {
    this.#along = direction === 'down' ? 'y' : 'x'
    this.#across = direction === 'down' ? 'x' : 'y'
  }

  /** The parts of a line that are not drawn yet; from now on they are. */
  left(kind: string, from: Point, to: Point): readonly Line[] {
    if (from[this.#across] !== to[this.#across]) {
      const key = `${kind} ${from.x} ${from.y} ${to.x} ${to.y}`
      if (this.#bent.has(key)) return []
      this.#bent.add(key)
      return [[from, to]]
    }
    const key = `${kind} ${from[this.#across]}`
    const known = this.#straight.get(key) ?? []
    this.#straight.set(key, known)
    const [a, b] = [from[this.#along], to[this.#along]]
    const covering = known.filter(([low, high]) => low < Math.max(a, b) && high > Math.min(a, b))
    known.push([Math.min(a, b), Math.max(a, b)])
    if (covering.length === 0) return [[from, to]]
    return this.#without(from, to, covering)
  }

  #without(from: Point, to: Point, covering: readonly (readonly [number, number])[]): Line[] {
    const sign = to[this.#along] >= from[this.#along] ? 1 : -1
    const sorted = covering
      .map(([low, high]) => (sign > 0 ? ([low, high] as const) : ([high, low] as const)))
      .sort((p, q) => sign * (p[0] - q[0]))
    const at = (value: number): Point => ({ ...from, [this.#along]: value })
    const lines: Line[] = []
    let start = from
    for (const [enters, leaves] of sorted) {
      if (sign * (enters - start[this.#along]) > 0) lines.push([start, at(enters)])
      if (sign * (leaves - start[this.#along]) > 0) start = at(leaves)
    }
    if (sign * (to[this.#along] - start[this.#along]) > 0) lines.push([start, to])
    return lines
  }
}
