import { createEngine } from 'stepflow'
import { createSqliteStore } from 'stepflow/sqlite'

// error: is missing the following properties from type 'Store'
createEngine({ store: createSqliteStore({ path: 'runs.db' }) })
