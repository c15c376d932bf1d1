// The public names of the store in PostgreSQL.

export type { OpenBlobStorage } from './own-storage.ts'
export { createPostgresStore, migratePostgres, type PostgresStoreOptions } from './store.ts'
