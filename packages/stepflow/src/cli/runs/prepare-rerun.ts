// What a rerun is made of before it begins: the plan of a flow that was changed, what is taken over, what is done again.

import { resolve } from 'node:path'
import { contentId, FlowError, type Plan, type RerunOptions, type RerunPreview, type RunRow } from '@stepflow/engine'
import { isCodeFile, putOverrides, readRecordedFlow, recordFlow } from '@stepflow/host'
import type { Created } from '@stepflow/host/history'
import { usage } from '../args.ts'
import { describeDiagnostics } from '../code-frame.ts'
import { number } from '../progress/number.ts'
import { openProject } from '../project.ts'
import { givenInput, readOverrides } from '../sources.ts'
import type { RunsContext } from './action.ts'

/** Here, or at a server. */
type Asked = Pick<RunsContext, 'command' | 'args'>

export interface NextPlan {
  readonly plan: Plan
  readonly options: Pick<RerunOptions, 'plan' | 'flow' | 'flowId' | 'textId' | 'overridesId'>
  /** Absolute. */
  readonly file: string
  /** Another flow than that of the run, not just patches of it. */
  readonly isOther: boolean
}

/** The step from which on it is repeated, if one is named. */
export function startOf({ command, args }: Asked): string | undefined {
  const step = args.value('from')
  if (step !== undefined && args.has('failed')) throw usage(command, '--from and --failed are both given')
  return step
}

/** What gives another input than the recorded one. */
export function inputAgain({ command, args }: Asked, { id, items }: RunRow): ReturnType<typeof givenInput> {
  const given = givenInput(args, command)
  if (!given || items.total === 1) return given
  throw usage(command, `--${given.name} is one input, but run ${id} has ${items.total} items`)
}

/** With --flow or overrides: the flow that is named, or the run's own, patched. Undefined: the run's own plan. */
export async function nextPlan(at: RunsContext, created: Created): Promise<NextPlan | undefined> {
  const { args, io } = at
  const overrides = await readOverrides(args, io)
  const other = args.value('flow')
  if (other !== undefined) return otherFlow(at, other, overrides)
  return overrides.length === 0 ? undefined : patchedFlow(at, created, overrides)
}

export function tellPreview({ args, io }: Pick<RunsContext, 'args' | 'io'>, { items, steps }: RerunPreview): number {
  if (args.has('json')) {
    io.out(`${JSON.stringify({ items, steps })}\n`)
    return 0
  }
  const { total, kept, again } = items
  const width = steps.reduce((most, { stepId }) => Math.max(most, stepId.length), 0)
  const lines = [
    total === 1
      ? ''
      : `${number(again)} of ${number(total)} items would be repeated, ${number(kept)} keep their results\n`,
    ...(again === 0 ? ['nothing would be repeated\n'] : []),
    ...(again === 0 ? [] : steps.map((step) => `${step.stepId.padEnd(width)}  ${fateOf(step, total)}\n`)),
  ]
  io.out(lines.join(''))
  return 0
}

export function tellNothing({ args, messages }: Pick<RunsContext, 'args' | 'messages'>, { id }: RunRow): number {
  const what = args.has('failed') ? 'nothing that was asked for has failed' : 'it has no items'
  messages.problem(`run ${id}: ${what}, so there is nothing to repeat, and nothing was recorded`)
  return 0
}

// ---

async function otherFlow(at: RunsContext, named: string, overrides: readonly unknown[]): Promise<NextPlan> {
  const { command, args, io, messages } = at
  if (isCodeFile(named)) throw usage(command, `--flow is ${named}, but a run can continue only with a flow file`)
  const project = await openProject({ file: named, args, io, messages, purpose: 'check', overrides })
  try {
    const { plan, text, diagnostics } = project
    if (!plan) throw invalid(diagnostics, text, at)
    const options = { plan, flow: plan.name || named, ...(await recordFlow(at.store, project, overrides)) }
    return { plan, options, file: resolve(io.cwd, named), isOther: true }
  } finally {
    await project.close()
  }
}

/** The patches come on top of those that the run has; its text is the one that it was begun with, or else what its file holds now. */
async function patchedFlow(at: RunsContext, created: Created, overrides: readonly unknown[]): Promise<NextPlan> {
  const { command, args, io, messages, store } = at
  const flow = created.options?.trigger?.flow
  const recorded = await readRecordedFlow(store, created.options)
  if (flow === undefined && recorded.text === undefined) {
    throw usage(
      command,
      'overrides patch the text of a flow, but this run records neither the text nor where it is: name it with --flow FILE',
    )
  }
  const file = flow ?? created.plan.file ?? 'flow.yaml'
  const open = { file, text: recorded.text, args, io, messages, purpose: 'check' as const }
  const all = [...recorded.overrides, ...overrides]
  const project = await openProject({ ...open, overrides: all })
  try {
    const { text, diagnostics } = project
    if (!project.plan) throw invalid(diagnostics, text, at)
    const plan = named(project.plan, created.plan)
    if (recorded.text === undefined && (await isEdited(open, created.plan))) {
      messages.hint(`${file} has changed since the run began: with overrides, the rerun uses it as it is now`)
    }
    return { plan, options: { plan, overridesId: await putOverrides(store, all) }, file, isOther: false }
  } finally {
    await project.close()
  }
}

async function isEdited(open: Parameters<typeof openProject>[0], before: Plan): Promise<boolean> {
  const project = await openProject(open)
  await project.close()
  return project.plan !== undefined && contentId(named(project.plan, before)) !== contentId(before)
}

/** By the name that the file had when the run began. */
function named(plan: Plan, { file }: Plan): Plan {
  const { file: _, ...rest } = plan
  return file === undefined ? rest : { ...rest, file }
}

function invalid(diagnostics: Parameters<typeof describeDiagnostics>[0], text: string, { io }: RunsContext): FlowError {
  const told = describeDiagnostics(diagnostics, { text, color: io.terminal.color.err })
  return new FlowError('INVALID_FLOW', told.trimEnd())
}

function fateOf({ reused, again }: RerunPreview['steps'][number], total: number): string {
  if (total === 1) return reused > 0 ? 'taken over' : 'again'
  return `${number(again)} again, ${number(reused)} taken over`
}
