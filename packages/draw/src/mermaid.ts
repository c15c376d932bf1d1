// A drawing as Mermaid text. Names become ids that Mermaid cannot mistake for words of its own; labels are escaped.

import { type Arrow, type Drawing, linesOf, type Shape } from './drawing.ts'
import { connected } from './layout/levels.ts'

export function mermaid(drawing: Drawing): string {
  const ids = idsOf(drawing.shapes)
  const id = (shape: number) => ids[shape] ?? `n${shape}`
  const lines = ['flowchart TD']
  const shown = connected(drawing)
  const depth = depths(drawing.shapes)
  drawing.shapes.forEach((shape, i) => {
    if (shown[i]) lines.push(`${'  '.repeat(1 + (depth[i] ?? 0))}${id(i)}${outline(shape, text(shape))}`)
  })
  const failures: number[] = []
  drawing.arrows.forEach((arrow, i) => {
    if (arrow.kind === 'failure') failures.push(i)
    lines.push(`  ${id(arrow.from)} ${line(arrow)} ${id(arrow.to)}`)
  })
  const parts = drawing.shapes.flatMap((s, i) => (s.within !== undefined && shown[i] ? [id(i)] : []))
  const conditional = drawing.shapes.flatMap((s, i) => (s.when !== undefined || s.rule ? [id(i)] : []))
  if (conditional.length > 0) {
    lines.push('  classDef conditional stroke-dasharray:5 3', `  class ${conditional.join(',')} conditional`)
  }
  if (parts.length > 0)
    lines.push('  classDef part stroke-width:1px,fill-opacity:0.5', `  class ${parts.join(',')} part`)
  if (failures.length > 0) lines.push(`  linkStyle ${failures.join(',')} stroke:#cf222e,color:#cf222e`)
  return `${lines.join('\n')}\n`
}

// ---

function line(arrow: Arrow): string {
  switch (arrow.kind) {
    case 'data':
    case 'next':
      return '-->'
    case 'branch':
      return arrow.label === undefined ? '-->' : `-->|${quoted(arrow.label)}|`
    case 'maybe':
      return '-.->|"maybe"|'
    case 'order':
      return '-.->|"order"|'
    case 'failure':
      return '-.->|"failure"|'
    case 'parallel':
      return '==>'
  }
}

function outline(shape: Shape, label: string): string {
  switch (shape.kind) {
    case 'input':
    case 'output':
      return `([${label}])`
    case 'each':
      return `{{${label}}}`
    case 'flow':
      return `[[${label}]]`
    case 'step':
      return `[${label}]`
  }
}

function text(shape: Shape): string {
  return `"${linesOf(shape).map(escapeText).join('<br/>')}"`
}

const quoted = (label: string) => `"${escapeText(label)}"`

/** Mermaid's own entities: `#` begins one, and a label may hold HTML and Markdown, so whatever could begin either goes. */
function escapeText(label: string): string {
  return label.replace(/[#"<>&`|{}[\]()\\*~;%]/g, (c) => `#${c.charCodeAt(0)};`)
}

/** Letters, digits and underscores, each once; prefixed, since `end` or `default` as an id breaks a flowchart. */
function idsOf(shapes: readonly Shape[]): string[] {
  const taken = new Set<string>()
  const counts = new Map<string, number>()
  return shapes.map((shape) => {
    if (shape.kind === 'input' || shape.kind === 'output') {
      taken.add(`workflow_${shape.kind}`)
      return `workflow_${shape.kind}`
    }
    const word = shape.label
      .normalize('NFKD')
      .replace(/[^A-Za-z0-9_]+/g, '_')
      .slice(0, 64)
    const base = reserved.test(word) || !/^[A-Za-z]/.test(word) ? `step_${word}` : word
    let count = counts.get(base) ?? 0
    let id = base
    do {
      count++
      id = count === 1 ? base : `${base}_${count}`
    } while (taken.has(id))
    counts.set(base, count)
    taken.add(id)
    return id
  })
}

// `x` and `o` at the start of an id read as arrow ends after `---`.
const reserved =
  /^(?:end|default|style|class|classdef|click|call|href|graph|subgraph|flowchart|linkstyle|direction|interpolate|[xo].*)$/i

function depths(shapes: readonly Shape[]): number[] {
  const found: number[] = []
  shapes.forEach((shape, i) => {
    found[i] = shape.within === undefined ? 0 : (found[shape.within] ?? 0) + 1
  })
  return found
}
