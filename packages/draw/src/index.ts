// The public names of the drawings. PNG is an entry of its own: it needs a renderer and fonts.

export type { DrawOptions, Format, TextFormat } from './draw.ts'
export { drawSvg, drawSvgNow, drawText, formats, textFormats } from './draw.ts'
