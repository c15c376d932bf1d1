// stepflow runs rerun --url: a new run at a server, made from one that has ended, and followed to its end.

import { randomUUID } from 'node:crypto'
import type { Rerun } from '@stepflow/api/client'
import { outputOf } from '../args.ts'
import { withResultWriter } from '../batch/result-output.ts'
import { onInterrupt } from '../interrupts.ts'
import { refuseOverwriting } from '../keep-sources.ts'
import { followMany, followOne, outputAt } from '../remote/follow-run.ts'
import { compiled, flowText, merged, reportFindings } from '../remote/given-flow.ts'
import { reportAway } from '../remote/open-client.ts'
import { planAt, rowOf } from '../remote/remote-row.ts'
import { announceSubmitted } from '../remote/submitted.ts'
import { readGiven, readOverrides, readVariables } from '../sources.ts'
import { checkWritable } from '../write-file.ts'
import type { RemoteContext } from './action.ts'
import { itemRanges } from './item-number.ts'
import { inputAgain, startOf, tellNothing, tellPreview } from './prepare-rerun.ts'

export async function rerunAtServer(at: RemoteContext): Promise<number> {
  const { command, args, io, messages, client, operands } = at
  const [id] = operands as [string] // there as its operands say
  const step = startOf(at)
  const row = rowOf(await client.getRun(id))
  const given = inputAgain(at, row)
  const items = itemRanges(command, args, row)
  const file = args.value('flow')
  const text = file === undefined ? undefined : flowText(command, file, io)
  const plan =
    file === undefined || text === undefined ? await planAt(client, id) : await compiled(file, text, messages, io)
  if (!plan) return 2
  const variables = await readVariables(args, plan, io, messages)
  const overrides = merged(await readOverrides(args, io))
  const asked: Rerun = {
    ...(step !== undefined ? { from: step } : args.has('failed') ? { failed: true } : {}),
    ...(items ? { items } : {}),
    ...(given ? { input: await readGiven(given.name, given.value ?? '', 'the input', io) } : {}),
    ...(Object.keys(variables).length === 0 ? {} : { variables }),
    ...(overrides ? { overrides } : {}),
    ...(text === undefined ? {} : { flow: text }),
  }
  try {
    const preview = await client.previewRerun(id, asked)
    if (args.has('dry-run')) return tellPreview(at, preview)
    if (preview.items.again === 0) return tellNothing(at, row)
    return await beginAndFollow(at, id, asked)
  } catch (thrown) {
    if (file !== undefined && text !== undefined && reportFindings(thrown, { file, text }, messages, io)) return 2
    throw thrown
  }
}

// ---

async function beginAndFollow(at: RemoteContext, id: string, asked: Rerun): Promise<number> {
  const { command, args, io, messages, client } = at
  const output = outputOf(args)
  if (output !== undefined) {
    checkWritable(output, io.cwd)
    refuseOverwriting(command, output, {}, args, io)
  }
  const onAway = reportAway(messages)
  const { Patience } = await import('@stepflow/api/client')
  const key = randomUUID()
  const run = await new Patience({ onAway }).ask(() => client.rerun(id, asked, key))
  const announce = () => announceSubmitted(at, run.runId)
  const follow = { client, args, io, messages, onAway }
  if (run.items.total === 1) return followOne(follow, run.runId, announce)
  const left = new AbortController()
  const restore = onInterrupt(() => left.abort())
  try {
    await announce()
    return await withResultWriter(outputAt(follow), (writer) =>
      followMany({ ...follow, runId: run.runId, left }, writer),
    )
  } finally {
    restore()
  }
}
