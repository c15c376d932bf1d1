// The public names of the store in PostgreSQL.

export { createPostgresStore, migratePostgres, type PostgresStoreOptions } from './store.ts'
