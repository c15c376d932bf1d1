// The whole test suite on a fresh clone: installs and builds what is missing, runs every test here and on Node 24, and
// ends with a line "N passed, N failed". Arguments go to vitest; with arguments, only this Node runs.

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { node24 } from './node-24.mjs'
import { root, setUp } from './setup.mjs'

/** What takes long and does not depend on the version of Node: other languages, compilers, pages. */
const ONCE = [
  'test/python-sdk.test.ts',
  'packages/store-postgres/test/*.test.ts',
  'test/postgres.test.ts',
  'test/many-nodes.test.ts',
  'test/nodes.test.ts',
  'test/faults*.test.ts',
  'test/random-faults.test.ts',
  'test/outages.test.ts',
  'test/limits.test.ts',
  'test/outside-blobs.test.ts',
  'test/walkthrough.test.ts',
  'packages/builtin/test/code-as-user.test.ts',
  'packages/host/test/blobs.test.ts',
  'packages/host/test/servers-everywhere.test.ts',
  'packages/host/test/mcp-released.test.ts',
  'packages/host/test/mcp-conformance.test.ts',
  'packages/server/test/*.test.ts',
  'packages/web/test/*.test.ts',
  'packages/stepflow/test/cli-submit.test.ts',
  'packages/stepflow/test/cli-serve-kills.test.ts',
  'packages/stepflow/test/cli-serve-crowd.test.ts',
  'packages/stepflow/test/cli-serve-schedules.test.ts',
  'packages/stepflow/test/cli-runs-remote.test.ts',
  'packages/stepflow/test/cli-both-ways.test.ts',
  'test/api-docs.test.ts',
  'test/types/types.test.ts',
  'test/architecture.test.ts',
  'test/temporal*.test.ts',
]

setUp()
const args = process.argv.slice(2)
const total = { passed: 0, failed: 0, skipped: 0 }
/** What failed, a line each: repeated at the end, where a reader of the last lines finds it. */
const failures = []
// What takes minutes is done once: on Node 24 the same tests run with fewer kills and fewer seeds.
suite(process.execPath, `Node ${process.versions.node}`, args, args.length === 0 ? { STEPFLOW_KILLS: '250' } : {})
if (args.length === 0) onNode24()
if (failures.length > 0) process.stdout.write(`\nfailed:\n${failures.join('\n')}\n`)
process.stdout.write(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped\n`)
process.exit(total.failed > 0 ? 1 : 0)

function suite(node, name, more, environment) {
  process.stdout.write(`\n# tests on ${name}\n`)
  mkdirSync(join(root, 'tmp'), { recursive: true })
  const report = join(root, 'tmp', `tests-${process.pid}.json`)
  const { status } = spawnSync(
    node,
    [
      'node_modules/vitest/vitest.mjs',
      'run',
      '--reporter=dot',
      '--reporter=json',
      `--outputFile.json=${report}`,
      ...more,
    ],
    { cwd: root, stdio: 'inherit', env: { ...environment, ...process.env } },
  )
  const found = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : undefined
  total.passed += found?.numPassedTests ?? 0
  total.skipped += found?.numPendingTests ?? 0
  // A suite that could not even report has failed, whatever it counted.
  const failed = (found?.numFailedTests ?? 0) + (found?.testResults ?? []).filter(isBrokenFile).length
  total.failed += failed === 0 && status !== 0 ? 1 : failed
  for (const file of found?.testResults ?? []) failures.push(...failuresOf(file).map((line) => `${name}: ${line}`))
}

/** The failed tests of a file, each with the first line of its message; the file's own if it did not load. */
function failuresOf(file) {
  const path = relative(root, file.name)
  if (isBrokenFile(file)) return [`${path}: ${firstLine(file.message)}`]
  const failed = file.assertionResults.filter((result) => result.status === 'failed')
  return failed.map(({ fullName, failureMessages }) => `${path} > ${fullName}: ${firstLine(failureMessages[0])}`)
}

function firstLine(text = '') {
  return text.split('\n', 1)[0].slice(0, 200)
}

/** A file that failed without a failing test: it did not load. */
function isBrokenFile({ status, assertionResults }) {
  return status === 'failed' && !assertionResults.some((result) => result.status === 'failed')
}

function onNode24() {
  if (Number(process.versions.node.split('.')[0]) >= 24) return
  const { node, why } = node24()
  if (node)
    return suite(
      node,
      'Node 24',
      ONCE.flatMap((file) => ['--exclude', file]),
      { SIM_SEEDS: '4000' },
    )
  process.stdout.write(`\nskipped: ${why}, so the suite ran on this Node only\n`)
  total.skipped++
}
