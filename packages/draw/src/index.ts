// The public names of the drawings. Free of Node. PNG is an entry of its own: it needs a renderer and a font.

export type { DrawOptions, Format, TextFormat } from './draw.ts'
export { drawSvg, drawText, formats, textFormats } from './draw.ts'

// --- for a surface of one's own: what there is to draw, and where it stands
export type { Arrow, ArrowKind, Drawing, Shape, ShapeKind } from './drawing.ts'
export { drawingOf } from './drawing.ts'
export { declutter } from './declutter.ts'
export type { Box, Direction, Gaps, Layout, LayoutOptions, Point, Size } from './layout/layout.ts'
export { layout } from './layout/layout.ts'
export { pathOf } from './layout/path.ts'
export { strokesOf } from './layout/strokes.ts'
