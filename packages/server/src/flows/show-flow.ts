// Flows as the API shows them.

import type { FlowDetail } from '@stepflow/api'
import { type Diagnostic, errorsOf } from '@stepflow/engine'
import type { RunReader } from '@stepflow/host/history'
import type { FoundFlow, NamedFlows } from '@stepflow/host/named-flows'
import type { Services } from '../services.ts'
import { lastRun } from './last-run.ts'
import { shownTriggers, triggerWarnings } from './show-triggers.ts'

export type ShowFlow = Pick<Services, 'namedFlows' | 'runs' | 'secrets' | 'config'>

/** A row of the list. */
export async function flowRow(flow: FoundFlow, { namedFlows, runs, secrets, config }: ShowFlow) {
  const { name, version, publishedVersion, file, updatedAt, read } = flow
  const diagnostics = [...flow.diagnostics, ...triggerWarnings(read, secrets, file)]
  const errors = errorsOf(diagnostics).length
  const description = read.info?.description
  const isInCode = read.dialect === 'code'
  const last = name === undefined ? undefined : await lastRunOf(name, runs)
  return {
    ...(name === undefined ? {} : { name }),
    ...(version ? { flowId: version.flowId } : {}),
    version: version?.version ?? (isInCode ? (publishedVersion ?? 0) : 0),
    ...(publishedVersion === undefined ? {} : { publishedVersion }),
    ...(description === undefined ? {} : { description }),
    ...(file === undefined ? {} : { file }),
    ...(updatedAt === undefined ? {} : { updatedAt: new Date(updatedAt).toISOString() }),
    errors,
    warnings: diagnostics.filter(isWarning).length,
    triggers: shownTriggers(await publishedOf(flow, namedFlows), config),
    ...(last ? { lastRun: last } : {}),
  }
}

/** All of it. */
export async function flowDetail(flow: FoundFlow, services: ShowFlow): Promise<FlowDetail> {
  const { read, diagnostics, file } = flow
  const { text, dialect, info, flow: json, plan } = read
  const inputSchema = info?.inputSchema ?? plan?.schemas?.input
  const variablesSchema = info?.variablesSchema ?? plan?.schemas?.variables
  const examples = info?.examples ?? []
  return {
    ...(await flowRow(flow, services)),
    text,
    dialect,
    ...(json === undefined ? {} : { flow: json }),
    diagnostics: [...diagnostics, ...triggerWarnings(read, services.secrets, file)],
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
  return row && lastRun(row)
}
