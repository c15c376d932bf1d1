// Flows whose steps are skipped for each reason or stopped, and what else waits for a place or its turn: for the tests of why a
// step stands as it does, over HTTP and on the page.

const MODULE = `
export const fail = () => { throw new Error('broken') }
export const hold = (_, { signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
export const same = (input) => input
`
export const SKIPS = `
name: skips
on_failure: continue
steps:
  - { id: fails, component: /w/fail, input: 1 }
  - { id: needs, component: /builtin/noop, input: 1, needs: [fails] }
  - { id: off, component: /builtin/noop, input: 1, when: { $template: "{{ inputs.n > 100 }}" } }
  - { id: transitive, component: /builtin/noop, input: { $step: off } }
  - { id: first, component: /builtin/noop, input: { $input: n } }
  - { id: cleanup, component: /builtin/noop, input: 1, needs: [first], trigger_rule: one_failed }
  - { id: spare, component: /builtin/noop, input: 2 }
output: { $coalesce: [{ $step: first }, { $step: spare }] }
`
const STOPS = `
name: stops
steps:
  - { id: fails, component: /w/fail, input: 1 }
  - { id: after, component: /w/hold, input: { $step: slow } }
  - { id: slow, component: /w/hold, input: 1 }
output: { a: { $step: fails }, b: { $step: after } }
`

export const FILES = {
  'w.mjs': MODULE,
  'stepflow-config.yml': `
plugins:
  builtin: { type: builtin }
  w: { type: module, path: w.mjs }
  narrow: { type: module, path: w.mjs, max_in_flight: 1 }
  seldom: { type: module, path: w.mjs, rate_limit: 1/h }
routes:
  "/w/{*component}": [{ plugin: w }]
  "/narrow/{*component}": [{ plugin: narrow }]
  "/seldom/{*component}": [{ plugin: seldom }]
  "/{*component}": [{ plugin: builtin }]
`,
  'flows/skips.yaml': SKIPS,
  'flows/stops.yaml': STOPS,
}
