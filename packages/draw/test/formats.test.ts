import * as dagre from '@dagrejs/dagre'
import { expect, test } from 'vitest'
import { car, input, large, lit, order, output, pull, ref, step } from '../../../test/plans.ts'
import { drawSvg, drawSvgNow, drawText } from '../src/draw.ts'
import { drawingOf } from '../src/drawing.ts'
import { type Box, type Dagre, type Layout, layout } from '../src/layout.ts'
import { textWidth } from '../src/measure.ts'
import { drawPng } from '../src/png.ts'

const names = (...ids: string[]) =>
  pull('names', ...ids.map((id) => step(id, '/x', lit(null))), output({ op: 'array', of: ids.map((_, i) => ref(i)) }))

test('Mermaid ids are words of their own, each once', () => {
  const text = drawText(names('end', 'a b', 'a-b', 'a_b', 'ünï', '<x>', 'o1'), 'mermaid')
  const ids = [...text.matchAll(/^ {2}(\w+)\["/gm)].map((m) => m[1])

  expect(new Set(ids).size).toBe(7)
  expect(ids).toContain('step_end')
  expect(ids).toContain('a_b_2')
  expect(ids).not.toContain('end')
})

test('a label cannot end its quotes, add HTML or start a comment in Mermaid', () => {
  const text = drawText(names('"]; click x "javascript:alert(1)" %%{init}%% <img src=x>'), 'mermaid')
  const line = text.split('\n').find((l) => l.includes('javascript')) ?? ''

  expect(line.match(/"/g)).toHaveLength(2)
  expect(line.replaceAll('<br/>', '')).not.toMatch(/[<>%]/)
})

test('failure and branch arrows are written as such in Mermaid', () => {
  const text = drawText(car, 'mermaid')

  expect(text.startsWith('flowchart TD\n')).toBe(true)
  expect(text).toContain('-->|"valid"| Update_Company_DB_Records')
  expect(text).toContain('-.->|"failure"| Generic_Failure_Handler')
  expect(text).toContain('Update_Company_DB_Records ==> update_payment_db_record')
  expect(text).toMatch(/linkStyle [\d,]+ stroke:#cf222e/)
})

test('DOT quotes what a name holds', () => {
  const text = drawText(names('a"b\\N'), 'dot')

  expect(text).toMatch(/^digraph workflow \{/)
  expect(text).toContain('"a\\"b\\\\N" -> "workflow_output"')
})

test('DOT names the ends of the flow workflow_input and workflow_output', () => {
  const text = drawText(order, 'dot')

  expect(text).toContain('"workflow_input" -> "load_order"')
  expect(text).toContain('"merge" -> "workflow_output"')
})

test('no line in the terminal is wider than the terminal', () => {
  for (const plan of [order, car, names('x'.repeat(300), '中'.repeat(100))]) {
    for (const columns of [40, 60, 80, 120]) {
      const widths = drawText(plan, 'ascii', { columns })
        .split('\n')
        .slice(1)
        .map((line) => [...line].reduce((n, c) => n + (c >= '\u2e80' ? 2 : 1), 0))
      expect(Math.max(...widths)).toBeLessThanOrEqual(columns)
    }
  }
})

test('steps that can run at once share a bracket in the terminal', () => {
  expect(drawText(order, 'ascii', { columns: 100 })).toContain(
    [
      '  ┌ check_fraud     /python/fraud       ← load_order',
      '  └ enrich          /http/get           ← load_order',
    ].join('\n'),
  )
})

test('no colour unless asked for, and plain characters on request', () => {
  expect(drawText(order, 'ascii')).not.toContain('\u001b')
  expect(drawText(order, 'ascii', { color: 'yes' })).toContain('\u001b[1mload_order\u001b[0m')
  expect(drawText(order, 'ascii', { characters: 'ascii' })).toMatch(/^[\n -~]*$/)
})

test('a loop is drawn, and marked where it goes back', () => {
  const arrival = { op: 'arrival' } as const
  const loop = {
    name: 'loop',
    entry: 0,
    exit: 2,
    onFailure: 'stop',
    steps: [
      step('Try', '/x', arrival, { next: [{ on: 'done', to: 1 }] }),
      step('Check', '/x', arrival, {
        next: [
          { on: 'done', equals: 'again', to: 0 },
          { on: 'done', equals: 'ok', to: 2 },
        ],
      }),
      step('$exit', null, arrival, { hidden: true }),
    ],
  } as const

  expect(drawText(loop, 'ascii')).toContain('again → Try ↺')
  expect(drawSvgNow(loop)).toContain('>again</text>')
})

const inRows = (plan: Parameters<typeof drawingOf>[0]) => layout(drawingOf(plan))
const fine = (plan: Parameters<typeof drawingOf>[0]) => layout(drawingOf(plan), dagre as unknown as Dagre)

test.each([
  ['fine', fine],
  ['in rows', inRows],
])('shapes do not overlap, texts fit and labels stand clear of shapes (%s)', (_, lay) => {
  for (const plan of [order, car, large(60)]) {
    const placed = lay(plan)
    const boxes = placed.boxes.filter((b) => b !== undefined)
    boxes.forEach((a, i) => {
      expect(boxes.slice(i + 1).some((b) => overlap(a, b))).toBe(false)
      expect(a.x >= 0 && a.y >= 0 && a.x + a.width <= placed.width && a.y + a.height <= placed.height).toBe(true)
    })
    placed.texts.forEach((lines, i) => {
      for (const line of lines) {
        const width = textWidth(line.text, line.size, line.role === 'label' ? 'bold' : 'regular')
        expect(width).toBeLessThanOrEqual(placed.boxes[i]?.width ?? 0)
      }
    })
    for (const label of labelBoxes(placed)) expect(boxes.some((b) => overlap(label, b))).toBe(false)
  }
})

test('arrows end at their shapes', () => {
  const placed = fine(order)

  drawingOf(order).arrows.forEach((arrow, i) => {
    const end = placed.ways[i]?.at(-1)
    const box = placed.boxes[arrow.to]
    expect(end && box && end.x >= box.x - 1 && end.x <= box.x + box.width + 1 && end.y >= box.y - 1).toBe(true)
  })
})

test.each([order, car])('no arrow runs through a shape ($name)', (plan) => {
  const placed = fine(plan)

  drawingOf(plan).arrows.forEach((arrow, i) => {
    const way = placed.ways[i] ?? []
    way.slice(1).forEach((end, at) => {
      const start = way[at] ?? end
      for (let part = 0; part <= 1; part += 0.05) {
        const dot = {
          x: start.x + (end.x - start.x) * part,
          y: start.y + (end.y - start.y) * part,
          width: 0,
          height: 0,
        }
        const hit = placed.boxes.findIndex(
          (b, shape) => shape !== arrow.from && shape !== arrow.to && b && overlap(dot, b),
        )
        expect(hit).toBe(-1)
      }
    })
  })
})

test('an SVG stands alone: nothing in it runs or is fetched', async () => {
  const text = await drawSvg(names('</text><script>alert(1)</script>', '" onload="x'))

  expect(text).not.toMatch(/<script|onload="|href|url\(|@import/)
  expect(text).toContain('prefers-color-scheme:dark')
})

test('where many steps read the input they say so instead of drowning in arrows', async () => {
  const text = await drawSvg(large(40))

  expect(text.match(/>reads input</g)).toHaveLength(39)
})

test('a thousand steps are drawn as SVG within two seconds', async () => {
  const plan = large(1_000)
  const start = performance.now()

  expect(await drawSvg(plan)).toContain('step_999')
  expect(performance.now() - start).toBeLessThan(2_000)
})

test('a PNG is a PNG of twice the size, with text in it on a machine without fonts', async () => {
  const plan = names('only')
  const bytes = Buffer.from(await drawPng(plan))
  const size = /width="(\d+)" height="(\d+)"/.exec(await drawSvg(plan))

  expect(bytes.subarray(1, 4).toString()).toBe('PNG')
  expect([bytes.readUInt32BE(16), bytes.readUInt32BE(20)]).toEqual([2 * Number(size?.[1]), 2 * Number(size?.[2])])
  // Glyphs make a picture that does not compress to nothing.
  expect(bytes.length).toBeGreaterThan((await drawPng(names(' '))).length + 300)
})

test('a plan without steps is drawn, too', async () => {
  const plan = pull('nothing', output(lit(1)))

  expect(drawText(plan, 'mermaid')).toBe('flowchart TD\n')
  expect(drawText(plan, 'ascii')).toContain('(no steps)')
  expect(await drawSvg(plan)).toContain('<svg')
  expect((await drawPng(pull('', output(input())))).length).toBeGreaterThan(100)
})

// ---

function overlap(a: Box, b: Box): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
}

function labelBoxes(placed: Layout): Box[] {
  return [...placed.labels.values()].map(({ x, y }) => ({ x: x - 10, y: y - 7, width: 20, height: 14 }))
}
