// What one does here, as commands of a terminal. A token is named by its variable, never written out.

import type { Rerun, Run } from '@stepflow/api'
import { isOver } from './run-words.ts'

export interface Command {
  /** `Cancel` */
  readonly does: string
  readonly stepflow: string
  readonly curl: string
}

export interface AtServer {
  readonly url: string
  /** It asks for a token. */
  readonly needsToken: boolean
}

/** What one can do with a run as it stands. */
export function commandsOf(run: Run, at: AtServer): Command[] {
  const post = (does: string, action: string): Command => ({
    does,
    stepflow: stepflow(['runs', action, run.runId], at),
    curl: curl(run, at, { method: 'POST', action }),
  })
  const show: Command = {
    does: 'Show',
    stepflow: stepflow(['runs', 'show', run.runId], at),
    curl: curl(run, at, {}),
  }
  const watch: Command = {
    does: 'Watch',
    stepflow: stepflow(['runs', 'watch', run.runId], at),
    curl: curl(run, at, { action: 'events', flags: ['-N'] }),
  }
  const exported: Command = {
    does: 'Export',
    stepflow: stepflow(['runs', 'export', run.runId, '--output', 'run.json'], at),
    curl: curl(run, at, { action: 'export', flags: ['-o', 'run.json'] }),
  }
  if (isOver(run)) {
    const failed = run.items.failed > 0 ? [rerunCommand(run, { failed: true }, at)] : []
    const remove: Command = {
      does: 'Delete',
      stepflow: stepflow(['runs', 'delete', run.runId], at),
      curl: curl(run, at, { method: 'DELETE' }),
    }
    return [show, ...failed, rerunCommand(run, {}, at), exported, remove]
  }
  const hold = run.status === 'paused' ? post('Resume', 'resume') : post('Pause', 'pause')
  return [show, watch, hold, post('Cancel', 'cancel'), exported]
}

/** A rerun as it is asked for in the dialog. */
export function rerunCommand(run: Run, asked: Omit<Rerun, 'dryRun'>, at: AtServer): Command {
  const { from, failed, input } = asked
  const words = [
    ...(from === undefined ? [] : ['--from', from]),
    ...(failed ? ['--failed'] : []),
    ...('input' in asked ? ['--input-json', JSON.stringify(input)] : []),
  ]
  return {
    does: from !== undefined ? `Rerun from ${from}` : failed ? 'Rerun what failed' : 'Rerun',
    stepflow: stepflow(['runs', 'rerun', run.runId, ...words], at),
    curl: curl(run, at, { method: 'POST', action: 'rerun', body: asked }),
  }
}

// ---

function stepflow(words: readonly string[], { url }: AtServer): string {
  return ['stepflow', ...words, '--url', url].map(quoted).join(' ')
}

interface Asked {
  readonly method?: string
  readonly action?: string
  readonly flags?: readonly string[]
  readonly body?: object
}

function curl({ runId }: Run, { url, needsToken }: AtServer, { method, action, flags = [], body }: Asked): string {
  const words = [
    ...(method === undefined ? [] : ['-X', method]),
    ...flags,
    ...(body === undefined || Object.keys(body).length === 0
      ? []
      : ['-H', 'content-type: application/json', '-d', JSON.stringify(body)]),
    `${url}/api/v1/runs/${runId}${action === undefined ? '' : `/${action}`}`,
  ]
  const token = needsToken ? ' -H "authorization: Bearer $STEPFLOW_TOKEN"' : ''
  return `curl${token} ${words.map(quoted).join(' ')}`
}

/** For a shell; what stands for itself there is left as it is. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
