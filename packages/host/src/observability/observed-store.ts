// A store whose writes are reported once they are written. For the engine of this process only: what other processes write
// to the same store is theirs to count.

import { type Batch, isPromise, runOfJournal, type Store } from '@stepflow/engine'
import type { Observer } from './observer.ts'

/** The same store; `observer` learns what is appended by it. */
export function observedStore(store: Store, observer: Required<Observer>): Store {
  const report = ({ journal, entries }: Batch) => observer.wrote(runOfJournal(journal), entries)
  return {
    durable: store.durable,
    keepsSteps: store.keepsSteps,
    ...(store.driver === undefined ? {} : { driver: store.driver }),
    ...(store.node === undefined ? {} : { node: store.node }),
    ...(store.capacity === undefined ? {} : { capacity: store.capacity }),
    ...(store.clock === undefined ? {} : { clock: store.clock }),
    ...(store.unfit === undefined ? {} : { unfit: store.unfit }),
    runs: store.runs,
    blobs: store.blobs,
    records: store.records,
    logs: store.logs,
    append(batch) {
      const written = store.append(batch)
      return isPromise(written) ? written.then(() => report(batch)) : report(batch)
    },
    appendAll(batches) {
      const written = store.appendAll(batches)
      return isPromise(written) ? written.then(() => batches.forEach(report)) : batches.forEach(report)
    },
    read: (journal, from) => store.read(journal, from),
    rowsAfter: (...asked) => store.rowsAfter(...asked),
    work: (drive, beside) => store.work(drive, beside),
    ...(store.nodes && { nodes: async () => (await store.nodes?.()) ?? [] }),
    ...(store.putDown && { putDown: (wake) => store.putDown?.(wake) }),
    cursor: () => store.cursor(),
    watch: (of, listener) => store.watch(of, listener),
    close: () => store.close(),
  }
}
