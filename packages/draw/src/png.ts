// An SVG as PNG bytes, by a renderer in WebAssembly and a font of our own: the same picture on every machine, with no
// Graphviz, no compiler and no fonts installed.

import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { FlowError, type Plan } from '@stepflow/engine'
import { type DrawOptions, drawSvg } from './draw.ts'
import { hasGlyph } from './measure.ts'

export async function drawPng(plan: Plan, options: DrawOptions = {}): Promise<Uint8Array> {
  return png(drawSvg(plan, { ...options, theme: 'light' }))
}

/** Twice the SVG's size, less if that would be more than `maxPixels`. */
export async function png(svgText: string): Promise<Uint8Array> {
  const { Resvg } = await renderer()
  const size = /^<svg [^>]*?width="(\d+)" height="(\d+)"/.exec(svgText)
  const width = Number(size?.[1] ?? 1)
  const height = Number(size?.[2] ?? 1)
  const zoom = Math.min(2, maxSide / width, maxSide / height, Math.sqrt(maxPixels / (width * height)))
  const image = new Resvg(drawable(svgText), {
    fitTo: { mode: 'zoom', value: zoom },
    font: { fontBuffers: await fonts(), defaultFontFamily: family, sansSerifFamily: family, loadSystemFonts: false },
  })
  try {
    return image.render().asPng()
  } finally {
    image.free()
  }
}

// ---

/** What the font lacks would vanish: it becomes an empty box. An SVG shows it by the fonts of its reader. */
function drawable(text: string): string {
  return text
    .normalize('NFC')
    .replace(/[^\n -~]/gu, (char) => (hasGlyph(char) ? char : isPartOfOther.test(char) ? '' : '□'))
}

/** Accents and choosers of a picture stand on the character before them. */
const isPartOfOther = /\p{M}/u

const maxSide = 16_000
const maxPixels = 20_000_000
const family = 'DejaVu Sans'

type Renderer = typeof import('@resvg/resvg-wasm')
let loading: Promise<Renderer> | undefined

function renderer(): Promise<Renderer> {
  loading ??= load()
  return loading
}

async function load(): Promise<Renderer> {
  const resvg = await import('@resvg/resvg-wasm')
  await resvg.initWasm(await read(createRequire(import.meta.url).resolve('@resvg/resvg-wasm/index_bg.wasm')))
  return resvg
}

/** They stand beside this file, wherever it is bundled to; scripts/subset-fonts.mjs makes them. */
function fonts(): Promise<Uint8Array[]> {
  return Promise.all(
    ['DejaVuSansCondensed.ttf', 'DejaVuSansCondensed-Bold.ttf'].map((name) =>
      read(fileURLToPath(new URL(`./fonts/${name}`, import.meta.url))),
    ),
  )
}

async function read(file: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await readFile(file))
  } catch (cause) {
    throw new FlowError(
      'INTERNAL',
      `drawing a PNG needs ${file}, which is not there; reinstall stepflow, or draw an SVG`,
      {
        cause,
      },
    )
  }
}
