// `stepflow/sqlite`: runs in a file, for programs that embed the engine. Apart from `stepflow`, which loads no database.

export { createSqliteStore, type DriverName, type SqliteStoreOptions } from '@stepflow/store-sqlite'
