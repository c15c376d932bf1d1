// The tools that are always there: flows and runs, for a client that looks around.

import type { CallToolResult } from '@modelcontextprotocol/server'
import { duration, type Role } from '@stepflow/api'
import { ASKED_STATUSES, type AskedStatus, FlowError, isEnded, type Json, own } from '@stepflow/engine'
import { MOST_COUNTED, summaryOf } from '@stepflow/host/history'
import { durationOf } from '../app/duration.ts'
import type { Services } from '../services.ts'
import { callFlow, type FlowCall } from './call-flow.ts'
import type { ToolSchema } from './flow-tools.ts'
import { answer, resultOf } from './tool-result.ts'

export interface RunTool {
  readonly name: string
  readonly description: string
  readonly inputSchema: ToolSchema
  /** The least role that may call it. */
  readonly access: Role
  /** Changes nothing. */
  readonly isReadOnly: boolean
  call(args: Arguments, call: ToolCall, services: Services): Promise<CallToolResult>
}

export type Arguments = Readonly<Record<string, unknown>>
export type ToolCall = Pick<FlowCall, 'caller' | 'signal' | 'onProgress' | 'tool'>

const name = { type: 'string', description: 'The name of the flow, or its id.' } as const
const runId = { type: 'string' } as const

export const runTools: readonly RunTool[] = [
  {
    name: 'stepflow_list_flows',
    description: 'Lists the flows that are published, with what they take',
    inputSchema: { type: 'object', properties: {}, additionalProperties: false },
    access: 'viewer',
    isReadOnly: true,
    async call(_args, _call, { namedFlows }) {
      const flows = await namedFlows.list()
      return answer({
        flows: flows.flatMap(({ name, publishedVersion, read }) =>
          name === undefined || publishedVersion === undefined
            ? []
            : {
                name,
                version: publishedVersion,
                ...given('description', read.info?.description),
                ...given('inputSchema', read.plan?.schemas?.input),
              },
        ),
      })
    },
  },
  {
    name: 'stepflow_list_runs',
    description: 'Lists runs, the newest first',
    inputSchema: {
      type: 'object',
      properties: {
        flow: name,
        status: { enum: ASKED_STATUSES },
        limit: { type: 'integer', minimum: 1, maximum: 100, default: 20 },
      },
      additionalProperties: false,
    },
    access: 'viewer',
    isReadOnly: true,
    async call({ flow, status, limit = 20 }, _call, { runs }) {
      const { rows, total } = await runs.list({
        status: status as AskedStatus | undefined, // by the schema
        flow: flow === undefined ? undefined : String(flow),
        kind: 'run',
        limit: Number(limit),
        count: MOST_COUNTED,
      })
      const waiting = await runs.waiting(rows)
      return answer({ runs: rows.map((row, i) => summaryOf(row, waiting[i])), total })
    },
  },
  {
    name: 'stepflow_run_flow',
    description: 'Runs a flow and answers its output; what goes on for longer than the timeout is found by its run id',
    inputSchema: {
      type: 'object',
      properties: {
        flow: name,
        input: { description: 'The input of the flow.' },
        version: { type: 'integer', minimum: 1, description: 'The published one unless told.' },
        timeout: { ...duration, description: 'How long to wait: 30s, 5m, or seconds. Without it, to the end.' },
      },
      required: ['flow'],
      additionalProperties: false,
    },
    access: 'operator',
    isReadOnly: false,
    async call({ flow, input = null, version, timeout }, call, services) {
      const { runId, result } = await callFlow(
        {
          ...call,
          flow: String(flow),
          input,
          version: version as number | undefined, // by the schema
          timeoutMs: timeout === undefined ? undefined : durationOf('timeout', String(timeout), '30s or 5m'),
        },
        services,
      )
      return result ?? answer({ runId, status: 'running' })
    },
  },
  {
    name: 'stepflow_get_run',
    description: 'Tells how a run stands: its result if it has ended, what it waits for if it waits',
    inputSchema: { type: 'object', properties: { runId }, required: ['runId'], additionalProperties: false },
    access: 'viewer',
    isReadOnly: true,
    async call({ runId }, _call, services) {
      return answer(await described(String(runId), services))
    },
  },
  {
    name: 'stepflow_rerun',
    description: 'Runs a run again, as a new one: all of it, its failed steps, or from a step on',
    inputSchema: {
      type: 'object',
      properties: {
        runId,
        from: { type: 'string', description: 'The id of a step: what came before it is taken over.' },
        failed: { type: 'boolean', description: 'Only what failed, and what follows from it.' },
      },
      required: ['runId'],
      additionalProperties: false,
    },
    access: 'operator',
    isReadOnly: false,
    async call({ runId, from, failed }, { caller, tool }, { engine, life, runs }) {
      life.checkReady()
      if (from !== undefined && failed === true) {
        throw new FlowError('INVALID_INPUT', '"from" and "failed" are both given: give one of them')
      }
      const { row } = await runs.open(String(runId))
      const run = await engine.rerun(row.id, {
        ...(from !== undefined ? { from: { step: String(from) } } : failed === true ? { from: { failed: true } } : {}),
        trigger: { type: 'mcp', tool, ...given('by', caller?.name) },
      })
      return answer({ runId: run.id, status: 'running', origin: { runId: row.id } })
    },
  },
]

// ---

const MOST_FAILED = 20

async function described(id: string, { runs }: Services): Promise<Record<string, unknown>> {
  const recorded = await runs.open(id)
  const { row } = recorded
  const summary = { ...summaryOf(row, await recorded.waiting()) }
  if (!isEnded(row.status)) return summary
  if (row.items.total === 1) {
    const outcome = (await recorded.items(0, 1))[0]?.outcome
    return { ...summary, ...given('result', outcome && own(resultOf(outcome, row.id), 'structuredContent')) }
  }
  const failed = await recorded.failedItems(MOST_FAILED)
  return { ...summary, ...given('failed', failed.length === 0 ? undefined : failed) }
}

function given(key: string, value: unknown): Record<string, Json> {
  return value === undefined ? {} : { [key]: value as Json } // out of rows and flows, which are JSON
}
