// What stores and hosts need of Node, and the engine itself does not: an entry of its own, which no browser loads.

export { lendNodeHash } from './hash.ts'
export { isProcessAlive, thisHost } from './processes.ts'
