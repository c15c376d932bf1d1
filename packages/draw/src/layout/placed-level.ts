// What one level is laid out from, and what that comes to: places of shapes and the ways of arrows.

import type { Size } from './grid.ts'

export interface Point {
  readonly x: number
  readonly y: number
}

/** Of a way that is still on its way to its final place. */
export interface Movable {
  x: number
  y: number
}

export interface Box extends Size {
  /** The left upper corner. */
  readonly x: number
  readonly y: number
}

export interface Gaps {
  /** Between the shapes of a row, and between rows. */
  readonly shapes: number
  readonly rows: number
  /** Around the steps that a frame holds. */
  readonly frame: number
}

export interface PlacedLevel extends Size {
  /** By member; of a holder, in the level that it stands in, the frame. */
  readonly boxes: readonly Box[]
  /** By part, in the direction of the arrow. */
  readonly ways: readonly Movable[][]
  /** By part: the middle of the arrow's label, if that stands in this level. */
  readonly labels: readonly (Point | undefined)[]
  /** By arrow: how far from the middle it passes the frame. */
  readonly passes: ReadonlyMap<number, number>
}

export interface LevelSizes {
  /** Of a member: its box, or its frame. */
  readonly members: readonly Size[]
  /** Of what is in the members that are frames. */
  readonly frames: readonly (PlacedLevel | undefined)[]
  readonly labels: ReadonlyMap<number, Size>
  readonly gaps: Gaps
}
