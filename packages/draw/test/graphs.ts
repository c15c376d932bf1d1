// Drawings to lay out, all from one seed: the same seed gives the same drawings on every machine.

import type { Arrow, ArrowKind, Drawing, Shape, ShapeKind } from '../src/drawing.ts'

/** Numbers from 0 to below 1. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** One after the other. */
export function line(steps: number): Drawing {
  const sketch = sketchOf(`line of ${steps}`, steps)
  for (let i = 0; i <= steps; i++) sketch.link(i === 0 ? INPUT : step(i - 1), i === steps ? OUTPUT : step(i))
  return sketch.drawing
}

/** All at once. */
export function sideBySide(steps: number): Drawing {
  const sketch = sketchOf(`${steps} side by side`, steps)
  for (let i = 0; i < steps; i++) {
    sketch.link(INPUT, step(i))
    sketch.link(step(i), OUTPUT)
  }
  return sketch.drawing
}

/** A tree in which each step leads to `children`, all of which the output reads. */
export function tree(steps: number, children: number): Drawing {
  const sketch = sketchOf(`tree of ${steps}`, steps)
  for (let i = 0; i < steps; i++) sketch.link(i === 0 ? INPUT : step(Math.floor((i - 1) / children)), step(i))
  for (let i = Math.ceil((steps - 1) / children); i < steps; i++) sketch.link(step(i), OUTPUT)
  return sketch.drawing
}

/** As flows are: each step reads one to three of the `near` before it, some only perhaps, some by order. */
export function flow(seed: number, steps: number, near = 8): Drawing {
  const random = randomOf(seed)
  const sketch = sketchOf(`flow of ${steps}, seed ${seed}`, steps)
  const read = new Set<number>()
  for (let i = 0; i < steps; i++) {
    const from = new Set<number>()
    const reads = 1 + Math.floor(random() * 2.4)
    for (let n = 0; n < reads; n++) from.add(i - 1 - Math.floor(random() * near))
    for (const f of from) {
      const kind = random() < 0.1 ? 'order' : random() < 0.1 ? 'maybe' : 'data'
      sketch.link(f < 0 ? INPUT : step(f), step(i), kind)
      read.add(f)
    }
  }
  for (let i = 0; i < steps; i++) if (!read.has(i)) sketch.link(step(i), OUTPUT)
  return sketch.drawing
}

/** As step functions are: branches with labels, failures with one handler, ways back. */
export function machine(seed: number, steps: number): Drawing {
  const random = randomOf(seed)
  const sketch = sketchOf(`step function of ${steps}, seed ${seed}`, steps)
  sketch.link(INPUT, step(0), 'next')
  for (let i = 0; i + 1 < steps; i++) {
    const branches = random() < 0.3 ? 2 + Math.floor(random() * 2) : 1
    for (let b = 0; b < branches; b++) {
      const to = step(Math.min(steps - 1, i + 1 + Math.floor(random() * 4 * b)))
      if (branches === 1) sketch.link(step(i), to, 'next')
      else sketch.link(step(i), to, 'branch', `case ${b}`)
    }
    if (random() < 0.15) sketch.link(step(i), step(Math.floor(random() * (i + 1))), 'branch', 'again')
    if (random() < 0.2) sketch.link(step(i), step(steps - 1), 'failure')
  }
  sketch.link(step(steps - 1), OUTPUT, 'next')
  return sketch.drawing
}

/** A flow of which some steps hold steps of their own, to a depth of three. */
export function nested(seed: number, steps: number): Drawing {
  const random = randomOf(seed)
  const sketch = sketchOf(`nested flow of ${steps}, seed ${seed}`, 0)
  let ends: number[] = [INPUT]
  const hold = (depth: number, within?: number): { in: number; out: number[] } => {
    const holds = depth < 3 && random() < (depth === 0 ? 0.4 : 0.2)
    const self = sketch.add(holds ? 'flow' : 'step', within)
    if (!holds) return { in: self, out: [self] }
    const parts = Array.from({ length: 1 + Math.floor(random() * 3) }, () => hold(depth + 1, self))
    const isChain = random() < 0.5
    parts.forEach((part, i) => {
      if (i === 0 || !isChain) sketch.link(self, part.in, 'parallel')
      else for (const out of parts[i - 1]?.out ?? []) sketch.link(out, part.in)
    })
    return { in: self, out: isChain ? (parts.at(-1)?.out ?? []) : parts.flatMap((p) => p.out) }
  }
  for (let i = 0; i < steps; i++) {
    const one = hold(0)
    for (const end of ends) sketch.link(end, one.in)
    if (random() < 0.3) sketch.link(INPUT, one.in, 'maybe')
    ends = random() < 0.3 ? [...ends, ...one.out].slice(-4) : one.out
  }
  for (const end of ends) sketch.link(end, OUTPUT)
  return sketch.drawing
}

/** Several flows that have nothing to do with each other. */
export function parts(seed: number, count: number, steps: number): Drawing {
  const sketch = sketchOf(`${count} parts of ${steps}, seed ${seed}`, count * steps)
  const random = randomOf(seed)
  for (let p = 0; p < count; p++) {
    for (let i = 1; i < steps; i++) {
      sketch.link(step(p * steps + Math.floor(random() * i)), step(p * steps + i))
      if (random() < 0.3) sketch.link(step(p * steps + Math.floor(random() * i)), step(p * steps + i), 'order')
    }
  }
  return sketch.drawing
}

/** What layouts are compared and tested on. */
export function testGraphs(seed: number): Drawing[] {
  const random = randomOf(seed)
  const next = () => Math.floor(random() * 1e9)
  return [
    line(12),
    sideBySide(12),
    sideBySide(40),
    tree(31, 2),
    tree(40, 3),
    ...[6, 10, 16, 24, 32, 48, 64, 100].flatMap((steps) => [
      flow(next(), steps),
      flow(next(), steps, 5),
      flow(next(), steps, 20),
    ]),
    ...[6, 10, 14, 20, 30, 45, 60].flatMap((steps) => [machine(next(), steps), machine(next(), steps)]),
    ...[4, 8, 12, 20].flatMap((steps) => [nested(next(), steps), nested(next(), steps)]),
    ...[2, 4].map((count) => parts(next(), count, 12)),
  ]
}

// ---

const INPUT = 0
const OUTPUT = 1
const step = (i: number) => i + 2

function sketchOf(name: string, steps: number) {
  const shapes: Shape[] = []
  const arrows = new Map<string, Arrow>()
  const add = (kind: ShapeKind, within?: number) => {
    const label = kind === 'input' ? 'Input' : kind === 'output' ? 'Output' : `step_${shapes.length - 2}`
    shapes.push({ kind, label, detail: '', marks: [], ...(within === undefined ? {} : { within }) })
    return shapes.length - 1
  }
  add('input')
  add('output')
  for (let i = 0; i < steps; i++) add('step')
  return {
    add,
    link(from: number, to: number, kind: ArrowKind = 'data', label?: string) {
      arrows.set(`${from} ${to} ${kind} ${label}`, { from, to, kind, ...(label === undefined ? {} : { label }) })
    },
    get drawing(): Drawing {
      return { name, shapes, arrows: [...arrows.values()] }
    },
  }
}
