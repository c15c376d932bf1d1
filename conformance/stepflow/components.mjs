// Components for the conformance flows: small, deterministic, and without a clock wherever that is possible.
// What has to be remembered between calls is kept under a `key` that the case passes in, so cases never share anything.

/** @typedef {{ attempt: number, signal: AbortSignal }} Context */

/** @type {Map<string, unknown[]>} */
const records = new Map()
/** @type {Map<string, { promise: Promise<void>, open: () => void, arrived: number }>} */
const gates = new Map()
/** @type {Map<string, { now: number, most: number }>} */
const crowds = new Map()
let tickets = 0

/** The input, unchanged. @param {unknown} input */
export function echo(input) {
  return input
}

/** @param {{ a: number, b: number }} input */
export function add({ a, b }) {
  return a + b
}

/** @param {{ text: string }} input */
export function upper({ text }) {
  return { text: text.toUpperCase() }
}

/** Always throws. @param {{ message?: string } | null} input */
export function fail(input) {
  throw new Error(input?.message ?? 'failed on purpose')
}

/** Throws when `when` is true, else returns `value`. @param {{ when: unknown, value?: unknown, message?: string }} input */
export function fail_if({ when, value = null, message = 'failed on purpose' }) {
  if (when === true) throw new Error(message)
  return value
}

/** `fail` throws, any other word is the output. (To be skipped is the business of the step.) @param {string} state */
export function become(state) {
  if (state === 'fail') throw new Error('failed as asked')
  return state
}

/**
 * Throws until the attempt with the given number, which succeeds.
 * @param {{ attempt: number, value?: unknown }} input
 * @param {Context} context
 */
export function fail_until_attempt({ attempt, value = null }, context) {
  if (context.attempt < attempt) throw new Error(`attempt ${context.attempt} fails`)
  return { value, attempt: context.attempt }
}

/** Notes a value under a key, and returns the value. @param {{ key: string, value: unknown }} input */
export function record({ key, value }) {
  note(key, value)
  return value
}

/** Notes a value, then throws. @param {{ key: string, value: unknown, message?: string }} input */
export function record_and_fail({ key, value, message = 'failed on purpose' }) {
  note(key, value)
  throw new Error(message)
}

/** All that was noted under a key, in order; forgets it. @param {{ key: string }} input */
export function recorded({ key }) {
  const values = records.get(key) ?? []
  records.delete(key)
  return values
}

/** A number that no other call of this process gets. */
export function ticket() {
  tickets += 1
  return tickets
}

/**
 * Returns as soon as `parties` calls with this key are there at once: it ends only if they run at the same time.
 * @param {{ key: string, parties: number }} input
 * @param {Context} context
 */
export async function meet({ key, parties }, context) {
  const gate = gateOf(key)
  gate.arrived += 1
  if (gate.arrived === parties) {
    gates.delete(key)
    gate.open()
  }
  await Promise.race([gate.promise, aborted(context.signal)])
  return 'met'
}

/**
 * Never ends by itself. Opens the gate `key` when it starts, and notes `aborted` under `key` when it is stopped.
 * @param {{ key?: string } | null} input
 * @param {Context} context
 */
export async function hang(input, context) {
  const { key } = input ?? {}
  if (key) {
    context.signal.addEventListener('abort', () => note(key, 'aborted'), { once: true })
    gateOf(key).open()
  }
  return aborted(context.signal)
}

/**
 * Waits until `hang` has started under the same key, then throws.
 * @param {{ key: string, message?: string }} input
 * @param {Context} context
 */
export async function fail_once_hanging({ key, message = 'failed on purpose' }, context) {
  await Promise.race([gateOf(key).promise, aborted(context.signal)])
  gates.delete(key)
  throw new Error(message)
}

/**
 * Stays for some turns of the event loop, and returns how many calls with this key were there at most so far.
 * @param {{ key: string, value?: unknown }} input
 * @param {Context} context
 */
export async function crowd({ key, value }, context) {
  const crowd = crowds.get(key) ?? { now: 0, most: 0 }
  crowds.set(key, crowd)
  crowd.now += 1
  crowd.most = Math.max(crowd.most, crowd.now)
  try {
    for (let turn = 0; turn < 20; turn++) await nextTurn(context.signal)
  } finally {
    crowd.now -= 1
  }
  return value ?? crowd.most
}

/** How many calls of `crowd` with this key were there at once, at most; forgets it. @param {{ key: string }} input */
export function largest_crowd({ key }) {
  const most = crowds.get(key)?.most ?? 0
  crowds.delete(key)
  return most
}

// ---

/** @param {string} key @param {unknown} value */
function note(key, value) {
  const values = records.get(key) ?? []
  values.push(value)
  records.set(key, values)
}

/** @param {string} key */
function gateOf(key) {
  const known = gates.get(key)
  if (known) return known
  let open = () => {}
  const promise = /** @type {Promise<void>} */ (
    new Promise((resolve) => {
      open = resolve
    })
  )
  const gate = { promise, open, arrived: 0 }
  gates.set(key, gate)
  return gate
}

/** @param {AbortSignal} signal @returns {Promise<never>} */
function aborted(signal) {
  return new Promise((_, reject) => {
    if (signal.aborted) return reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

/** @param {AbortSignal} signal @returns {Promise<void>} */
function nextTurn(signal) {
  signal.throwIfAborted()
  return new Promise((resolve) => setTimeout(resolve, 0))
}
