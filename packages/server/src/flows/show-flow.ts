// Flows as the API shows them.

import type { FlowDetail } from '@stepflow/api'
import { type Diagnostic, errorsOf } from '@stepflow/engine'
import type { RunReader } from '@stepflow/host/history'
import { type FoundFlow, type NamedFlows, triggersOf } from '@stepflow/host/named-flows'

/** A row of the list. */
export async function flowRow(flow: FoundFlow, flows: NamedFlows, runs: RunReader) {
  const { name, version, publishedVersion, file, updatedAt, read, diagnostics } = flow
  const errors = errorsOf(diagnostics).length
  const description = read.info?.description
  const isInCode = read.dialect === 'code'
  const lastRun = name === undefined ? undefined : await lastRunOf(name, runs)
  return {
    ...(name === undefined ? {} : { name }),
    ...(version ? { flowId: version.flowId } : {}),
    version: version?.version ?? (isInCode ? (publishedVersion ?? 0) : 0),
    ...(publishedVersion === undefined ? {} : { publishedVersion }),
    ...(description === undefined ? {} : { description }),
    ...(file === undefined ? {} : { file }),
    updatedAt: new Date(updatedAt).toISOString(),
    errors,
    warnings: diagnostics.filter(isWarning).length,
    triggers: triggersOf(await publishedOf(flow, flows)),
    ...(lastRun ? { lastRun } : {}),
  }
}

/** All of it. */
export async function flowDetail(flow: FoundFlow, flows: NamedFlows, runs: RunReader): Promise<FlowDetail> {
  const { read, diagnostics } = flow
  const { text, dialect, info, flow: json, plan } = read
  const inputSchema = info?.inputSchema ?? plan?.schemas?.input
  const variablesSchema = info?.variablesSchema ?? plan?.schemas?.variables
  const examples = info?.examples ?? []
  return {
    ...(await flowRow(flow, flows, runs)),
    text,
    dialect,
    ...(json === undefined ? {} : { flow: json }),
    diagnostics,
    ...(inputSchema === undefined ? {} : { inputSchema }),
    ...(variablesSchema === undefined ? {} : { variablesSchema }),
    ...(examples.length === 0 ? {} : { examples }),
  }
}

// ---

function isWarning({ level }: Diagnostic): boolean {
  return level === 'warning'
}

async function publishedOf(flow: FoundFlow, flows: NamedFlows): Promise<FoundFlow['read']> {
  const { name, version, publishedVersion, read } = flow
  if (name === undefined || publishedVersion === undefined) return { text: '', dialect: 'flow', diagnostics: [] }
  if (read.dialect === 'code' || version?.version === publishedVersion) return read
  return (await flows.get(name, 'published')).read
}

async function lastRunOf(name: string, runs: RunReader) {
  const [row] = (await runs.list({ flow: name, kind: 'run', limit: 1 })).rows
  if (!row) return undefined
  return {
    runId: row.id,
    status: row.status,
    createdAt: new Date(row.createdAt).toISOString(),
    ...(row.endedAt === undefined ? {} : { completedAt: new Date(row.endedAt).toISOString() }),
  }
}
