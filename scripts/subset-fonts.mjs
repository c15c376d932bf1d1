// Makes the fonts of our PNGs, and the widths that drawings are measured by, from DejaVu Sans Condensed: the scripts and signs
// that names of steps are likely to have. `node scripts/subset-fonts.mjs` after a change here; what it writes is committed.

import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import subsetFont from 'subset-font'
import { root, run } from './setup.mjs'

const require = createRequire(import.meta.url)
const source = (name) => require.resolve(`dejavu-fonts-ttf/${name}`)
const folder = join(root, 'packages/draw/src/fonts')

const ranges = [
  [0x0020, 0x007e], // Latin
  [0x00a0, 0x024f],
  [0x0370, 0x03ff], // Greek
  [0x0400, 0x052f], // Cyrillic
  [0x1e00, 0x1eff], // Latin, of Vietnamese too
  [0x2010, 0x205e], // punctuation
  [0x20a0, 0x20bf], // currencies
  [0x2100, 0x214f], // letters as signs
  [0x2190, 0x21ff], // arrows
  [0x2200, 0x22ff], // mathematics
  [0x2500, 0x25ff], // boxes, blocks, shapes
  [0x2713, 0x2718], // ticks and crosses
  [0xfffd, 0xfffd],
]

const faces = [
  { weight: 'regular', file: 'DejaVuSansCondensed.ttf' },
  { weight: 'bold', file: 'DejaVuSansCondensed-Bold.ttf' },
]

const text = String.fromCodePoint(
  ...ranges.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, i) => from + i)),
)
mkdirSync(folder, { recursive: true })
const tables = []
for (const { weight, file } of faces) {
  const whole = readFileSync(source(`ttf/${file}`))
  writeFileSync(join(folder, file), await subsetFont(whole, text, { targetFormat: 'truetype' }))
  tables.push(`export const ${weight}: readonly Stretch[] = [\n${stretchesOf(whole).map(written).join('\n')}\n]\n`)
}
copyFileSync(source('LICENSE'), join(folder, 'LICENSE'))
const module = join(root, 'packages/draw/src/advances.ts')
writeFileSync(
  module,
  `// Written by scripts/subset-fonts.mjs: how far each character of our fonts moves on, in hundredths of the font size.

/** The advances of the characters from \`first\` on, two digits to the base of 36 each; 00: there is none. */
export interface Stretch {
  readonly first: number
  readonly advances: string
}

${tables.join('\n')}`,
)
run(process.execPath, [require.resolve('@biomejs/biome/bin/biome'), 'format', '--write', module])

// ---

function stretchesOf(font) {
  const advanceOf = readAdvances(font)
  return ranges.map(([from, to]) => ({
    first: from,
    advances: Array.from({ length: to - from + 1 }, (_, i) =>
      advanceOf(from + i)
        .toString(36)
        .padStart(2, '0'),
    ).join(''),
  }))
}

function written({ first, advances }) {
  return `  { first: 0x${first.toString(16).padStart(4, '0')}, advances: '${advances}' },`
}

/** Code point -> hundredths of the font size, rounded up; from the tables `cmap` (format 4) and `hmtx` of the font. */
function readAdvances(font) {
  const tables = new Map()
  for (let i = 0; i < font.readUInt16BE(4); i++) {
    const at = 12 + i * 16
    tables.set(font.toString('latin1', at, at + 4), font.readUInt32BE(at + 8))
  }
  const unitsPerEm = font.readUInt16BE(tables.get('head') + 18)
  const metrics = font.readUInt16BE(tables.get('hhea') + 34)
  const cmap = tables.get('cmap')
  const subtables = Array.from(
    { length: font.readUInt16BE(cmap + 2) },
    (_, i) => cmap + font.readUInt32BE(cmap + 8 + i * 8),
  )
  const map = subtables.find((at) => font.readUInt16BE(at) === 4)
  const segments = font.readUInt16BE(map + 6) / 2
  const glyphOf = (code) => {
    for (let i = 0; i < segments; i++) {
      const [end, start] = [font.readUInt16BE(map + 14 + i * 2), font.readUInt16BE(map + 16 + (segments + i) * 2)]
      if (code < start || code > end) continue
      const delta = font.readUInt16BE(map + 16 + (2 * segments + i) * 2)
      const offsetAt = map + 16 + (3 * segments + i) * 2
      const offset = font.readUInt16BE(offsetAt)
      if (offset === 0) return (code + delta) & 0xffff
      const glyph = font.readUInt16BE(offsetAt + offset + (code - start) * 2)
      return glyph === 0 ? 0 : (glyph + delta) & 0xffff
    }
    return 0
  }
  return (code) => {
    const glyph = glyphOf(code)
    if (glyph === 0) return 0
    const advance = font.readUInt16BE(tables.get('hmtx') + 4 * Math.min(glyph, metrics - 1))
    return Math.ceil((advance * 100) / unitsPerEm)
  }
}
