// Lends the engine Node's SHA-256, which is several times as fast as its own. Loaded at the first hash: it takes longer than
// the rest of the engine.

import { useHash } from '../plan/id.ts'

export function lendNodeHash(): void {
  useHash((content) => process.getBuiltinModule('node:crypto').createHash('sha256').update(content).digest('hex'))
}
