// Chains of 100 and 1,000 steps that answer at once: our front ends and the peers of bench/peers, each in a process of its
// own, in turns, on Node 24; then lone durable runs, the server, and the layout of drawings beside dagre's.
// `npm run bench:peers [-- ROUNDS]`; exits with 1 if a goal is missed. All of it comes from npm.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { median, number } from '../bench/measure.mjs'
import { slowDisk } from '../bench/peers/slow-disk.mjs'
import { node24 } from './node-24.mjs'
import { installPeers, peersFolder } from './peers.mjs'
import { fail, setUp } from './setup.mjs'

const lengths = [100, 1_000]
/** By how much a sync takes longer on the slow disk. */
const SYNC_MS = 4

const ours = [
  { what: 'step function', file: 'stepflow.mjs', name: 'stepFunction' },
  { what: 'typed flow', file: 'stepflow.mjs', name: 'typedFlow' },
  { what: 'plain plan', file: 'stepflow.mjs', name: 'plan' },
]
/** `goal`: how many times the peer's steps a second the step function and the typed flow shall do. */
const peers = [
  { what: 'Mastra', package: '@mastra/core', file: 'mastra.mjs', name: 'mastra', goal: 100 },
  { what: 'LangGraph', package: '@langchain/langgraph', file: 'langgraph.mjs', name: 'langgraph', goal: 100 },
  { what: 'XState', package: 'xstate', file: 'xstate.mjs', name: 'xstate', goal: 20 },
  { what: 'p-graph', package: 'p-graph', file: 'p-graph.mjs', name: 'pGraph', goal: 1 },
]

const rounds = Number(process.argv[2] ?? 5)
if (!Number.isInteger(rounds) || rounds < 1) fail(`rounds must be a whole number from 1, not "${process.argv[2]}"`)
const { node, why } = node24()
if (!node) fail(`${why}; the peers need it, so nothing was measured`)
setUp()
const missing = installPeers()
if (missing) fail(missing)
tellOfNewer()
const isMet = lengths.map(measureLength).every(Boolean)
const isLoneMet = measureLone()
// The server beside others that keep what they run; its three steps are those of the other rows.
spawnSync(node, ['durable-server.mjs'], { cwd: peersFolder, stdio: 'inherit' })
const { status } = spawnSync(node, ['layout.mjs'], { cwd: peersFolder, stdio: 'inherit' })
process.exit(isMet && isLoneMet && status === 0 ? 0 : 1)

// ---

/** The versions are those of the lock file; whether they are still the newest is asked of npm, if it can be asked. */
function tellOfNewer() {
  for (const { package: name } of peers) {
    const { stdout, status } = spawnSync('npm', ['view', name, 'dist-tags.latest'], {
      cwd: peersFolder,
      encoding: 'utf8',
    })
    const newest = stdout?.trim()
    if (status !== 0 || !newest || newest === versionOf(name)) continue
    process.stdout.write(`${name} ${newest} is out; measured is ${versionOf(name)}, as bench/peers/package.json says\n`)
  }
}

function versionOf(name) {
  return JSON.parse(readFileSync(join(peersFolder, 'node_modules', name, 'package.json'), 'utf8')).version
}

/** True if all goals are met. */
function measureLength(steps) {
  const speeds = new Map([...ours, ...peers].map(({ what }) => [what, []]))
  for (let round = 0; round < rounds; round++) {
    process.stderr.write(`chain of ${number(steps)}, round ${round + 1} of ${rounds}\n`)
    // Whoever went first goes last in the next round.
    const order = round % 2 === 0 ? [...ours, ...peers] : [...peers, ...ours].reverse()
    for (const subject of order) speeds.get(subject.what).push(measureOne(subject, steps))
  }
  return print(steps, speeds)
}

/** Lone durable runs on each Node that is here, on the disk as it is and on a slow one. True if all goals are met. */
function measureLone() {
  const folder = mkdtempSync(join(tmpdir(), 'stepflow-bench-disk-'))
  try {
    const slow = slowDisk(folder, SYNC_MS)
    if (typeof slow === 'string') process.stdout.write(`\nno disk with syncs of ${SYNC_MS} ms: ${slow}\n`)
    const disks = [
      { what: 'the disk as it is', before: [], goal: 4 },
      ...(typeof slow === 'string' ? [] : [{ what: `syncs take ${SYNC_MS} ms longer`, before: slow, goal: 1 }]),
    ]
    const subjects = [...new Set([process.execPath, node])].flatMap((on) => disks.map((disk) => ({ ...disk, on })))
    return subjects
      .map(({ what, before, goal, on }) => {
        process.stdout.write(`\nlone durable runs, Node ${versionOfNode(on)}, ${what}\n`)
        const [program, ...words] = [...before, on, 'lone.mjs', String(goal), node]
        return spawnSync(program, words, { cwd: peersFolder, stdio: 'inherit' }).status === 0
      })
      .every(Boolean)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function versionOfNode(program) {
  return spawnSync(program, ['--version'], { encoding: 'utf8' }).stdout.trim()
}

function measureOne({ what, file, name }, steps) {
  const { NODE_EXTRA_CA_CERTS, NODE_OPTIONS, ...env } = process.env
  const args = [join(peersFolder, 'measure-one.mjs'), file, name, String(steps)]
  const { status, stdout, stderr } = spawnSync(node, args, { cwd: peersFolder, env, encoding: 'utf8' })
  if (status !== 0) fail(`${what}, ${steps} steps: ${stderr}`)
  return JSON.parse(stdout).stepsPerSecond
}

function print(steps, speeds) {
  const rows = [['', 'steps/s', ...ours.map(({ what }) => `${what} is`), 'goal', 'met?']]
  for (const { what } of ours) rows.push([what, span(speeds.get(what), ''), '', '', '', '', ''])
  let isMet = true
  for (const peer of peers) {
    const ratios = ours.map(({ what }) => speeds.get(what).map((speed, i) => speed / speeds.get(peer.what)[i]))
    // The plain plan is there to tell the engine from its front ends.
    const isPeerMet = ratios.slice(0, 2).every((values) => median(values) >= peer.goal)
    isMet &&= isPeerMet
    rows.push([
      `${peer.what} ${versionOf(peer.package)}`,
      span(speeds.get(peer.what), ''),
      ...ratios.map((values) => span(values, 'x')),
      `>= ${peer.goal}x`,
      isPeerMet ? 'yes' : 'NO',
    ])
  }
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)))
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]))
      .join('  ')
      .trimEnd(),
  )
  process.stdout.write(
    `\nchain of ${number(steps)} steps, Node ${versionOfNode(node)}, median (min-max) of ${rounds} rounds\n`,
  )
  process.stdout.write(`${lines.join('\n')}\n`)
  return isMet
}

function span(values, unit) {
  return `${number(median(values))}${unit} (${number(Math.min(...values))}-${number(Math.max(...values))})`
}
