// The official server over our flows and runs: lists them as tools, and calls them. Knows no transport.

import { ProtocolError, ProtocolErrorCode, Server, type Tool } from '@modelcontextprotocol/server'
import { type Role, roles } from '@stepflow/api'
import { FlowError, type Json } from '@stepflow/engine'
import { createSchemaLoader } from '@stepflow/schema'
import type { Caller } from '../access/access.ts'
import type { Services } from '../services.ts'
import { callFlow, type Progress } from './call-flow.ts'
import { type FlowTool, flowTools, inputOf, type WhichTools } from './flow-tools.ts'
import { type RunTool, runTools } from './run-tools.ts'
import { failureOf } from './tool-result.ts'

/** What all servers of a process share: which tools there are, until flows change. */
export class ToolServers {
  readonly #services: Services
  readonly #which: WhichTools
  readonly #loadSchema = createSchemaLoader()
  #tools: Promise<ReadonlyMap<string, FlowTool>> | undefined
  readonly #stop: () => void
  readonly #listeners = new Set<() => void>()

  constructor(services: Services, which: WhichTools) {
    this.#services = services
    this.#which = which
    this.#stop = services.namedFlows.onChange(() => {
      this.#tools = undefined
      for (const listener of this.#listeners) listener()
    })
  }

  /** Calls `listener` when there may be other tools; returns the way to stop it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** One connection's, or one request's. */
  create(caller: Caller | undefined): Server {
    const { config } = this.#services
    const server = new Server(
      { name: 'stepflow', version: config.version },
      { capabilities: { tools: { listChanged: true }, logging: {} }, instructions: INSTRUCTIONS },
    )
    server.setRequestHandler('tools/list', async () => ({ tools: await this.#list(caller) }))
    server.setRequestHandler('tools/call', async ({ params }, { mcpReq }) => {
      const progressToken = params._meta?.progressToken
      const onProgress = ({ done, total, step }: Progress) => {
        const message = step === undefined ? {} : { message: `step "${step.id}": ${step.outcome}` }
        if (progressToken !== undefined) {
          const sent = { progressToken, progress: done, total, ...message }
          mcpReq.notify({ method: 'notifications/progress', params: sent }).catch(() => {})
        }
        if (step !== undefined) {
          const level = step.outcome === 'failed' ? 'warning' : 'info'
          mcpReq.log(level, message.message ?? '').catch(() => {})
        }
      }
      const call = { caller, signal: mcpReq.signal, onProgress, tool: params.name }
      return this.#call(params.arguments ?? {}, call)
    })
    return server
  }

  close(): void {
    this.#stop()
  }

  // ---

  async #list(caller: Caller | undefined): Promise<Tool[]> {
    const ofFlows = mayCall(caller, 'operator') ? [...(await this.#flowTools()).values()] : []
    return [
      ...ofFlows.map(({ name, description, inputSchema }) => ({ name, description, inputSchema })),
      ...runTools
        .filter(({ access }) => mayCall(caller, access))
        .map(({ name, description, inputSchema, isReadOnly }) => ({
          name,
          description,
          inputSchema,
          annotations: { readOnlyHint: isReadOnly },
        })),
    ]
  }

  async #call(args: Record<string, unknown>, call: Parameters<RunTool['call']>[1]) {
    const { caller, tool: name } = call
    const ofRuns = runTools.find((tool) => tool.name === name)
    const ofFlow = ofRuns ? undefined : (await this.#flowTools()).get(name)
    if (!ofRuns && !ofFlow) throw new ProtocolError(ProtocolErrorCode.InvalidParams, `there is no tool "${name}"`)
    try {
      const needed = ofRuns?.access ?? 'operator'
      if (!mayCall(caller, needed)) {
        throw new FlowError('FORBIDDEN', `this needs the role ${needed}, and the token's is ${caller?.role ?? 'none'}`)
      }
      if (ofRuns) {
        await this.#checkArguments(ofRuns, args)
        return await ofRuns.call(args, call, this.#services)
      }
      const tool = ofFlow as FlowTool // one of the two
      const called = await callFlow({ ...call, flow: tool.flow, input: inputOf(tool, args) }, this.#services)
      if (called.result) return called.result
      throw new FlowError('RESOURCE_UNAVAILABLE', `the server ends: run ${called.runId} goes on when it is back`)
    } catch (thrown) {
      if (FlowError.is(thrown)) return failureOf(thrown)
      this.#services.log('error', `MCP tool "${name}" failed: ${(thrown as Error).stack ?? thrown}`)
      return failureOf(new FlowError('INTERNAL', 'a fault of this server; its log says more'))
    }
  }

  async #checkArguments({ inputSchema }: RunTool, args: Record<string, unknown>): Promise<void> {
    const check = await this.#loadSchema(inputSchema as Json) // plain JSON
    const { violations } = check(args)
    if (violations.length === 0) return
    const told = violations.slice(0, 5).map(({ path, message }) => `${path} ${message}`)
    throw new FlowError('INVALID_INPUT', `the arguments do not fit: ${told.join('; ')}`)
  }

  #flowTools(): Promise<ReadonlyMap<string, FlowTool>> {
    const warn = (what: string) => this.#services.log('warning', what)
    if (this.#tools) return this.#tools
    const reading = flowTools(this.#services.namedFlows, this.#which, warn)
    this.#tools = reading
    reading.catch(() => {
      if (this.#tools === reading) this.#tools = undefined
    })
    return reading
  }
}

// ---

const INSTRUCTIONS =
  'Each flow that is published for MCP is a tool. The tools that begin with stepflow_ list and run flows, and look at runs.'

function mayCall(caller: Caller | undefined, needed: Role): boolean {
  return caller !== undefined && roles.indexOf(caller.role) >= roles.indexOf(needed)
}
