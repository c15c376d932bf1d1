// A drawing as DOT, for Graphviz and what reads its language. Ids are the steps' own, quoted.

import { type Arrow, type Drawing, linesOf, type Shape } from './drawing.ts'

export function dot(drawing: Drawing): string {
  const ids = idsOf(drawing.shapes)
  const id = (shape: number) => quote(ids[shape] ?? `n${shape}`)
  const lines = [
    'digraph workflow {',
    `  label=${quote(drawing.name)}; labelloc=t; rankdir=TB;`,
    '  node [shape=box, style="rounded,filled", fillcolor="#f6f8fa", color="#57606a", fontname="Helvetica", fontsize=11];',
    '  edge [color="#57606a", fontname="Helvetica", fontsize=10];',
  ]
  drawing.shapes.forEach((shape, i) => {
    lines.push(`  ${id(i)} [label=${label(shape)}${outline(shape)}];`)
  })
  for (const arrow of drawing.arrows) lines.push(`  ${id(arrow.from)} -> ${id(arrow.to)}${line(arrow)};`)
  return `${lines.join('\n')}\n}\n`
}

// ---

function outline(shape: Shape): string {
  if (shape.kind === 'input' || shape.kind === 'output') return ', shape=oval, fillcolor="#ddf4ff"'
  const dashed = shape.when === undefined && !shape.rule ? '' : ', style="rounded,filled,dashed"'
  if (shape.kind === 'each') return `, shape=box3d${dashed || ', style="filled"'}`
  if (shape.kind === 'flow') return `, shape=component${dashed || ', style="filled"'}`
  return dashed
}

function line(arrow: Arrow): string {
  const text = arrow.label === undefined ? '' : `, label=${quote(` ${arrow.label} `)}`
  switch (arrow.kind) {
    case 'data':
      return ''
    case 'next':
      return ' [color="#1a7f37"]'
    case 'branch':
      return ` [color="#0969da"${text}]`
    case 'maybe':
      return ' [style=dashed, label=" maybe "]'
    case 'order':
      return ' [style=dotted, label=" order "]'
    case 'failure':
      return ' [style=dashed, color="#cf222e", fontcolor="#cf222e", label=" failure "]'
    case 'parallel':
      return ' [style=bold, color="#8250df"]'
  }
}

function label(shape: Shape): string {
  return `"${linesOf(shape).map(escapeText).join('\\n')}"`
}

const quote = (text: string) => `"${escapeText(text)}"`

// A backslash begins an escape in a label (\N is the node's name), so it is doubled like the quote is.
function escapeText(text: string): string {
  return text.replace(/[\\"]/g, (c) => `\\${c}`)
}

function idsOf(shapes: readonly Shape[]): string[] {
  const taken = new Set<string>(['workflow_input', 'workflow_output'])
  const counts = new Map<string, number>()
  return shapes.map((shape) => {
    if (shape.kind === 'input' || shape.kind === 'output') return `workflow_${shape.kind}`
    let count = counts.get(shape.label) ?? 0
    let id = shape.label
    do {
      count++
      id = count === 1 ? shape.label : `${shape.label} (${count})`
    } while (taken.has(id))
    counts.set(shape.label, count)
    taken.add(id)
    return id
  })
}
