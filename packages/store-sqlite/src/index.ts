// The public names of the embedded store.

export type { DriverName } from './drivers.ts'
export { createSqliteStore, type SqliteStoreOptions } from './store.ts'
