import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { car, input, large, lit, order, output, pull, ref, step } from '../../../test/plans.ts'
import { drawSvg, drawText } from '../src/draw.ts'
import { drawingOf, type Shape } from '../src/drawing.ts'
import { textWidth } from '../src/measure.ts'
import { drawPng } from '../src/png.ts'
import { boxSizeOf, textsOf } from '../src/shape-texts.ts'

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

test('where the terminal is narrow, names and components are whole as long as one fits a line', () => {
  for (const columns of [40, 80]) {
    const text = drawText(order, 'ascii', { columns })
    for (const { label, detail } of drawingOf(order).shapes) {
      expect(text).toContain(label)
      expect(text).toContain(detail)
    }
    expect(text).not.toContain('…')
  }
})

test('data, maybe and order are told apart by the same words in every format', () => {
  const plan = pull(
    'kinds',
    step('a', '/x', input('a')),
    step('b', '/x', { op: 'if', cond: input('flag'), then: ref(0), else: lit(1) }),
    step('c', '/x', ref(1), { needs: [0] }),
    output(ref(2)),
  )

  expect(drawText(plan, 'mermaid')).toContain('a -.->|"order"| c')
  expect(drawText(plan, 'mermaid')).toContain('a -.->|"maybe"| b')
  expect(drawText(plan, 'dot')).toMatch(/"a" -> "c" \[style=dotted, label=" order "\]/)
  expect(drawText(plan, 'dot')).toMatch(/"a" -> "b" \[style=dashed, label=" maybe "\]/)
  for (const text of [drawSvg(plan), drawText(plan, 'ascii')]) {
    expect(text).toContain('data')
    expect(text).toContain('maybe: if a branch is taken')
    expect(text).toContain('order: waits, reads nothing')
  }
  expect(drawText(plan, 'ascii')).toContain('← (a)')
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
  expect(drawSvg(loop)).toContain('>again</text>')
})

test('texts fit their boxes', () => {
  for (const plan of [order, car, large(60)]) {
    const drawing = drawingOf(plan)
    textsOf(drawing).forEach((lines, i) => {
      const { width } = boxSizeOf(drawing.shapes[i] as Shape, lines)
      for (const line of lines) {
        expect(textWidth(line.text, line.size, line.role === 'label' ? 'bold' : 'regular')).toBeLessThanOrEqual(width)
      }
    })
  }
})

test('an SVG stands alone: nothing in it runs or is fetched', async () => {
  const text = drawSvg(names('</text><script>alert(1)</script>', '" onload="x'))

  expect(text).not.toMatch(/<script|onload="|href|url\(|@import/)
  expect(text).toContain('prefers-color-scheme:dark')
})

test('where many steps read the input they say so instead of drowning in arrows', async () => {
  const text = drawSvg(large(40))

  expect(text.match(/>reads input</g)).toHaveLength(39)
})

test('a thousand steps do not take longer to draw as SVG than they must', async () => {
  const plan = large(1_000)
  const start = performance.now()

  expect(drawSvg(plan)).toContain('step_999')
  // Far less on a quiet machine.
  expect(performance.now() - start).toBeLessThan(20_000)
})

test('a PNG is a PNG of twice the size, with text in it on a machine without fonts', async () => {
  const plan = names('only')
  const bytes = Buffer.from(await drawPng(plan))
  const size = /width="(\d+)" height="(\d+)"/.exec(drawSvg(plan))

  expect(bytes.subarray(1, 4).toString()).toBe('PNG')
  expect([bytes.readUInt32BE(16), bytes.readUInt32BE(20)]).toEqual([2 * Number(size?.[1]), 2 * Number(size?.[2])])
  // Glyphs make a picture that does not compress to nothing.
  expect(bytes.length).toBeGreaterThan((await drawPng(names(' '))).length + 300)
})

test('texts are measured by the fonts that the PNG is set in', () => {
  const file = (name: string) => readFileSync(new URL(`../src/fonts/${name}`, import.meta.url))
  for (const [weight, font] of [
    ['regular', file('DejaVuSansCondensed.ttf')],
    ['bold', file('DejaVuSansCondensed-Bold.ttf')],
  ] as const) {
    const advanceOf = advancesOf(font)
    for (const char of 'aWé™→Ωжя┌≤✓') {
      expect(Math.abs(textWidth(char, 100, weight) - 100 * advanceOf(char)), char).toBeLessThanOrEqual(1)
    }
  }
})

test('a character that the font has not is an empty box in a PNG, and stands in an SVG as it is', async () => {
  const [kanji, box, emoji] = await Promise.all(['漢', '□', '❤\ufe0f'].map((name) => drawPng(names(name))))

  expect(drawSvg(names('漢'))).toContain('>漢</text>')
  expect(kanji).toEqual(box)
  expect(emoji).toEqual(box)
})

test('a plan without steps is drawn, too', async () => {
  const plan = pull('nothing', output(lit(1)))

  expect(drawText(plan, 'mermaid')).toBe('flowchart TD\n')
  expect(drawText(plan, 'ascii')).toContain('(no steps)')
  expect(drawSvg(plan)).toContain('<svg')
  expect((await drawPng(pull('', output(input())))).length).toBeGreaterThan(100)
})

// ---

/** Of a character, in font sizes; by the format 4 of `cmap`, and `hmtx`. */
function advancesOf(font: Buffer): (char: string) => number {
  const tables = new Map<string, number>()
  for (let i = 0; i < font.readUInt16BE(4); i++) {
    tables.set(font.toString('latin1', 12 + i * 16, 16 + i * 16), font.readUInt32BE(20 + i * 16))
  }
  const at = (table: string) => tables.get(table) ?? 0
  const cmap = at('cmap')
  const subtables = Array.from(
    { length: font.readUInt16BE(cmap + 2) },
    (_, i) => cmap + font.readUInt32BE(cmap + 8 + i * 8),
  )
  const map = subtables.find((table) => font.readUInt16BE(table) === 4) ?? 0
  const segments = font.readUInt16BE(map + 6) / 2
  return (char) => {
    const code = char.codePointAt(0) ?? 0
    let segment = 0
    while (font.readUInt16BE(map + 14 + segment * 2) < code) segment++
    const word = (nth: number) => map + 16 + (nth * segments + segment) * 2
    const offset = font.readUInt16BE(word(3))
    const start = font.readUInt16BE(word(1))
    const delta = font.readUInt16BE(word(2))
    const glyph = ((offset === 0 ? code : font.readUInt16BE(word(3) + offset + (code - start) * 2)) + delta) & 0xffff
    const metrics = font.readUInt16BE(at('hhea') + 34)
    return font.readUInt16BE(at('hmtx') + 4 * Math.min(glyph, metrics - 1)) / font.readUInt16BE(at('head') + 18)
  }
}
