// A server for a test: in this process, on a free port, with SQLite in a folder of its own. Every answer that a test gets is
// held against the OpenAPI document of the server: an answer that is not as described fails the test.

import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import { afterAll, beforeAll, onTestFinished } from 'vitest'
import { type Files, newFolder, writeFiles } from '../../../test/new-folder.ts'
import { type ServeOptions, type StartedServer, serve } from '../src/index.ts'

export interface Answer {
  readonly status: number
  readonly headers: Headers
  /** Parsed, if it is JSON; else its text. */
  readonly body: any
}

export interface TestServer extends StartedServer {
  /** The folder that it was started in, with its flows and its store. */
  readonly folder: string
  /** Sends JSON to a path below /api/v1. */
  call(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>
}

export interface TestServerOptions extends Partial<ServeOptions> {
  /** Written into its folder before it starts: `{ 'flows/a.yaml': text }`. */
  readonly files?: Files
  /** Of a server before it: the same files, the same store. */
  readonly folder?: string
}

/** One for all tests of a file, outside of which it is asked for: it is there when the first of them begins. */
export function serverOfFile(options: TestServerOptions = {}): TestServer {
  const server = {} as TestServer // filled before anybody asks it
  let end = async () => {}
  beforeAll(async () => {
    const atEnd = (close: () => Promise<void>) => {
      end = close
    }
    Object.assign(server, await startServer(options, atEnd))
  })
  afterAll(() => end())
  return server
}

/** Ends with the test, unless told. */
export async function startServer(
  { files = {}, ...options }: TestServerOptions = {},
  whenOver: (end: () => Promise<void>) => void = onTestFinished,
): Promise<TestServer> {
  const folder = options.folder ?? newFolder()
  writeFiles(folder, files)
  const server = await serve({ cwd: folder, env: {}, version: '1.2.3', port: 0, ...options })
  let isClosed = false
  const close = async (drainMs?: number) => {
    if (isClosed) return
    isClosed = true
    await server.close(drainMs)
  }
  whenOver(() => close())
  const check = describedAnswers(server)
  return {
    ...server,
    folder,
    close,
    async call(method, path, body, headers = {}) {
      const answer = await fetch(`${server.url}/api/v1${path}`, {
        method,
        headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      })
      const text = await answer.text()
      const isJson =
        /json/.test(answer.headers.get('content-type') ?? '') &&
        !/ndjson/.test(answer.headers.get('content-type') ?? '')
      const read = { status: answer.status, headers: answer.headers, body: isJson ? JSON.parse(text) : text }
      await check(method, path, read)
      return read
    },
  }
}

/** A flow of one step that answers the input's `n`. */
export const ECHO = `
name: echo
input_schema: { type: object, properties: { n: {} }, required: [n] }
steps: [{ id: a, component: /builtin/noop, input: { $input: n } }]
output: { $step: a }
`

/** A flow that waits for the signal "go", and answers its payload. */
export const WAITS = `
name: waits
steps: [{ id: ask, component: /builtin/wait_for_signal, input: { name: go } }]
output: { $step: ask }
`

// ---

/** Throws for an answer that is not as the document has it. */
function describedAnswers({ url, needsToken, services: { tokens } }: StartedServer) {
  let loading: Promise<{ document: any; ajv: Ajv2020 }> | undefined
  const checks = new Map<string, ValidateFunction>()
  const load = async () => {
    const token = needsToken ? (await tokens.create({ role: 'viewer' })).token : undefined
    const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` }
    const document: any = await (await fetch(`${url}/api/v1/openapi.json`, { headers })).json()
    const ajv = new Ajv2020({ strict: false, logger: false, formats: { 'date-time': true } })
    ajv.addSchema(document, 'api')
    return { document, ajv }
  }
  return async (method: string, path: string, { status, headers, body }: Answer) => {
    if (method === 'HEAD' || !/^application\/(problem\+)?json/.test(headers.get('content-type') ?? '')) return
    loading ??= load()
    const { document, ajv } = await loading
    const plain = path.split('?')[0] as string
    const fits = (one: string) => new RegExp(`^${one.replace(/\{[^}]+\}/g, '[^/]+')}$`).test(plain)
    // `/runs/import` is not the run "import".
    const pattern = Object.hasOwn(document.paths, plain) ? plain : Object.keys(document.paths).find(fits)
    const operation = pattern === undefined ? undefined : document.paths[pattern][method.toLowerCase()]
    // What no route answers is refused in the same form.
    const responses = operation?.responses ?? document.paths['/info'].get.responses
    const response = responses[status] ?? responses[`${String(status)[0]}XX`]
    const [schema] = Object.values(response?.content ?? {}).map((one: any) => one.schema)
    if (!schema) throw new Error(`${method} ${path}: an answer ${status} is not described: ${JSON.stringify(body)}`)
    const key = `${method} ${pattern} ${status}`
    const fit = checks.get(key) ?? ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"api#/')))
    checks.set(key, fit)
    if (fit(body)) return
    throw new Error(`${method} ${path}: ${ajv.errorsText(fit.errors)}: ${JSON.stringify(body)}`)
  }
}
