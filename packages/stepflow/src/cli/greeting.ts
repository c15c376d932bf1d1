// What `stepflow serve` prints when it is ready: where it is, what it has, and what is wrong with it. Text out; asks nobody.

import type { Diagnostic } from '@stepflow/engine'
import { paint, printable } from './progress/draw-tree.ts'
import { number } from './progress/number.ts'

export interface Greeted {
  readonly version: string
  readonly url: string
  readonly flows: number
  /** What is wrong with flows, the first finding of each; its file is as it may be opened from here. */
  readonly broken: readonly Diagnostic[]
  readonly schedules: number
  readonly webhooks: number
  readonly resumedRuns: number
  /** The command that makes a token; absent: nobody needs one. */
  readonly tokenCommand?: string | undefined
}

/** Of a folder that is wrong as a whole, the first ones say it. */
const MOST_BROKEN = 10

export function greeting(server: Greeted, color: boolean): string[] {
  const { version, url, flows, broken, schedules, webhooks, resumedRuns, tokenCommand } = server
  const at = (what: string, address: string) => `  ${paint(what, 'dim', color)}  ${paint(address, 'cyan', color)}`
  const counts = [
    counted(flows, 'flow'),
    ...(schedules === 0 ? [] : [counted(schedules, 'schedule')]),
    ...(webhooks === 0 ? [] : [counted(webhooks, 'webhook')]),
    ...(resumedRuns === 0 ? [] : [`${counted(resumedRuns, 'run')} resumed`]),
  ]
  const lines = [
    `stepflow ${version} is ready`,
    at('page', `${url}/`),
    at('API ', `${url}/api/v1`),
    at('docs', `${url}/api/docs`),
    at('MCP ', `${url}/mcp`),
    ...(webhooks === 0 ? [] : [at('hook', `${url}/hooks/NAME`)]),
    `  ${counts.join(', ')}`,
  ]
  if (broken.length > 0) {
    const of = broken.length === 1 ? '1 flow has' : `${number(broken.length)} flows have`
    lines.push(paint(`  ${of} errors:`, 'red', color), ...broken.slice(0, MOST_BROKEN).map(lineOf))
    if (broken.length > MOST_BROKEN) lines.push(`    and ${number(broken.length - MOST_BROKEN)} more`)
  }
  if (tokenCommand !== undefined) {
    lines.push('  everybody needs a token. To make one:', `    ${tokenCommand}`)
  }
  return lines
}

// ---

function counted(count: number, what: string): string {
  return `${number(count)} ${what}${count === 1 ? '' : 's'}`
}

/** `flows/a.yaml:3:5: there is no such step`: a terminal leads there. */
function lineOf({ file = '', line, column, message }: Diagnostic): string {
  const place = [file, line, line === undefined ? undefined : column].filter((part) => part !== undefined).join(':')
  return `    ${printable(`${place}: ${message}`)}`
}
