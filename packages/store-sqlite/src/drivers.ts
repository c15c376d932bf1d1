// The two ways to a SQLite file that need no compiler: the one in Node, where the running Node has it, else libsql.
// The few methods that we use, the same for both; knows nothing of our tables.

import { accessSync, constants, statSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { FlowError } from '@stepflow/engine'

export type Param = string | number | null | Uint8Array

export interface Database {
  exec(sql: string): void
  prepare(sql: string): Statement
  close(): void
}

export interface Statement {
  /** The number of changed rows. */
  run(...params: Param[]): number
  /** The first row. */
  get<Row>(...params: Param[]): Row | undefined
  all<Row>(...params: Param[]): Row[]
}

/** What reads and writes the file: SQLite of Node itself (from 22.13 on), or the library. */
export type DriverName = 'node:sqlite' | 'libsql'

/** Opens the file, or makes it; with `name` absent, by the best driver that is there. */
export async function openDatabase(path: string, name?: DriverName): Promise<Database> {
  const builtin = name === 'libsql' ? undefined : loadBuiltin()
  if (builtin) return openBuiltin(builtin, path)
  if (name === 'node:sqlite') throw new FlowError('RESOURCE_UNAVAILABLE', `Node ${process.version} has no node:sqlite`)
  return openLibsql(await loadLibsql(), path)
}

// ---

interface BuiltinStatement {
  run(...params: Param[]): { changes: number | bigint }
  get(...params: Param[]): unknown
  all(...params: Param[]): unknown[]
}

interface BuiltinDatabase {
  exec(sql: string): void
  prepare(sql: string): BuiltinStatement
  close(): void
}

interface Builtin {
  DatabaseSync: new (path: string | URL, options?: { readonly readOnly: boolean }) => BuiltinDatabase
}

function loadBuiltin(): Builtin | undefined {
  const { emitWarning } = process
  // Node 22 warns that its SQLite is experimental when it is loaded: of that we take note here, not in every terminal.
  process.emitWarning = ((warning: string | Error, ...rest: unknown[]) => {
    if (!String(warning).includes('SQLite')) Reflect.apply(emitWarning, process, [warning, ...rest])
  }) as typeof process.emitWarning
  try {
    return process.getBuiltinModule?.('node:sqlite') as Builtin | undefined
  } finally {
    process.emitWarning = emitWarning
  }
}

function openBuiltin(builtin: Builtin, path: string): Database {
  const database = openReadable(builtin, path)
  return {
    exec: (sql) => database.exec(sql),
    close: () => database.close(),
    prepare: (sql) => {
      const statement = database.prepare(sql)
      return {
        run: (...params) => Number(statement.run(...params).changes),
        get: <Row>(...params: Param[]) => statement.get(...params) as Row | undefined,
        all: <Row>(...params: Param[]) => statement.all(...params) as Row[],
      }
    },
  }
}

/** Where nothing may be written, SQLite cannot make the file by which it shares a log; without a log, it needs none. */
function openReadable({ DatabaseSync }: Builtin, path: string): BuiltinDatabase {
  const database = new DatabaseSync(path)
  try {
    database.prepare('PRAGMA schema_version').get()
    return database
  } catch (error) {
    database.close()
    if (!isReadOnly(path) || statSync(`${path}-wal`, { throwIfNoEntry: false })?.size) throw error
    const unchanging = pathToFileURL(path)
    unchanging.searchParams.set('immutable', '1')
    return new DatabaseSync(unchanging, { readOnly: true })
  }
}

function isReadOnly(path: string): boolean {
  try {
    accessSync(path, constants.R_OK)
    accessSync(path, constants.W_OK)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EROFS' || (error as NodeJS.ErrnoException).code === 'EACCES'
  }
}

interface LibsqlStatement {
  run(params: Param[]): { changes: number }
  get(params: Param[]): unknown
  all(params: Param[]): unknown[]
}

type Libsql = new (path: string) => { exec(sql: string): void; prepare(sql: string): LibsqlStatement; close(): void }

async function loadLibsql(): Promise<Libsql> {
  try {
    const { default: Libsql } = (await import('libsql')) as unknown as { default: Libsql }
    return Libsql
  } catch (cause) {
    const message = `there is no SQLite here: use Node 22.13 or newer, or \`npm install libsql\` for Node ${process.version}`
    throw new FlowError('RESOURCE_UNAVAILABLE', message, { cause })
  }
}

function openLibsql(Libsql: Libsql, path: string): Database {
  const database = new Libsql(path)
  let isOpen = true
  // A closed libsql database goes on answering: the file would change behind the back of whoever closed it.
  const open = <T>(use: () => T): T => {
    if (isOpen) return use()
    throw new Error('the database is closed')
  }
  return {
    exec: (sql) => open(() => database.exec(sql)),
    close: () => {
      isOpen = false
      database.close()
    },
    prepare: (sql) => {
      const statement = open(() => database.prepare(sql))
      return {
        run: (...params) => open(() => statement.run(params).changes),
        get: <Row>(...params: Param[]) => open(() => statement.get(params) as Row | undefined),
        all: <Row>(...params: Param[]) => open(() => statement.all(params) as Row[]),
      }
    },
  }
}
