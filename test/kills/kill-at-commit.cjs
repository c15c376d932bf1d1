// Loaded before the program (`node --require`): ends the process by SIGKILL right before or right after its Nth commit to a
// SQLite file. For tests: the program itself knows nothing of it.
'use strict'

const [at, when] = (process.env.KILL_AT ?? '').split(' ')
let commits = 0

function around(commit) {
  commits++
  if (commits === Number(at) && when === 'before') process.kill(process.pid, 'SIGKILL')
  const result = commit()
  if (commits === Number(at) && when === 'after') process.kill(process.pid, 'SIGKILL')
  return result
}

function patch({ prototype }) {
  const { prepare, exec } = prototype
  prototype.prepare = function (sql) {
    const statement = Reflect.apply(prepare, this, [sql])
    // A row of steps may be a transaction by itself.
    if (sql !== 'COMMIT' && !/^\s*INSERT OR IGNORE INTO journal/.test(sql)) return statement
    const { run } = statement
    statement.run = function (...params) {
      return around(() => Reflect.apply(run, this, params))
    }
    return statement
  }
  prototype.exec = function (sql) {
    return sql === 'COMMIT' ? around(() => Reflect.apply(exec, this, [sql])) : Reflect.apply(exec, this, [sql])
  }
}

if (at) {
  const { emitWarning } = process
  process.emitWarning = () => {}
  const builtin = process.getBuiltinModule?.('node:sqlite')
  process.emitWarning = emitWarning
  patch(builtin ? builtin.DatabaseSync : require('libsql'))
}
