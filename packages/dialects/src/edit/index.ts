// Operations on a flow as changes of its text; an entry of its own, for whoever only edits now and then.

export { changesOf, type EditOptions } from './changes.ts'
export type { Operation } from './operation.ts'
export { type Change, changed } from './pieces.ts'
