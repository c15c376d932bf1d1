// The graph of the sample, small: what one will get. It needs no plan and no layout, so that the first page has none of these.

import type { ReactElement } from 'react'

const BOXES = [
  ['greet', 16, 16, ''],
  ['shout', 16, 72, 'sheets'],
  ['look_up', 16, 128, ''],
  ['console_them', 16, 184, 'maybe'],
  ['approve', 168, 44, ''],
  ['say', 304, 86, ''],
] as const

const LINES = [
  'M136 36C152 36 152 60 168 60',
  'M140 92C154 92 154 68 168 68',
  'M288 64C296 64 296 98 304 98',
  'M140 100C220 100 220 106 304 106',
  'M136 148C220 148 220 114 304 114',
]

export function SamplePicture(): ReactElement {
  return (
    <svg className="sample-picture" viewBox="0 0 432 240" role="img" aria-label="The steps of the sample">
      {LINES.map((line) => (
        <path key={line} d={line} className="edge" />
      ))}
      {BOXES.map(([name, x, y, kind]) => (
        <g key={name} transform={`translate(${x} ${y})`} className={kind}>
          {kind === 'sheets' ? <path d="M4 40v4h120v-36h-4" className="edge" /> : null}
          <rect width="120" height="40" rx="6" />
          <circle cx="16" cy="20" r="5" />
          <text x="28" y="24">
            {name}
          </text>
        </g>
      ))}
    </svg>
  )
}
