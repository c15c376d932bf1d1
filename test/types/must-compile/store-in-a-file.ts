import { createEngine, type Store } from 'stepflow'
import { createSqliteStore, type SqliteStoreOptions } from 'stepflow/sqlite'

const options: SqliteStoreOptions = { path: 'runs.db', synchronous: 'normal' }
const store: Store = await createSqliteStore(options)
createEngine({ store })
