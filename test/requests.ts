// What clients ask of a server whose flows take numbers: to run them, and for their results.

import { expect } from 'vitest'

type Lines = string | ReadableStream

/** Takes lines in as a run of a flow; with its id. */
export async function submitLines(url: string, flow: string, body: Lines, query: string): Promise<string> {
  const answer = await postLines(url, flow, body, query)
  expect(answer.status).toBe(202)
  const { runId } = (await answer.json()) as { runId: string }
  return runId
}

/** A run of few inputs, which the server that is asked drives itself, if it has room; its id. */
export async function submitInputs(url: string, flow: string, inputs: readonly unknown[]): Promise<string> {
  const { status, body } = await post(url, '/runs', { flowName: flow, inputs })
  expect([status, body]).toEqual([202, expect.anything()])
  return body.runId
}

export function postLines(url: string, flow: string, body: Lines, query: string) {
  return fetch(`${url}/api/v1/runs?flowName=${flow}&${query}`, {
    ...{ method: 'POST', headers: { 'content-type': 'application/x-ndjson' }, body, duplex: 'half' },
  } as RequestInit)
}

export function inputLines(count: number, ms: number): string {
  return numbers(count)
    .map((n) => `${JSON.stringify({ n, ms })}\n`)
    .join('')
}

/** Of each item, in the order of the inputs. */
export async function resultsOf(url: string, id: string): Promise<number[]> {
  return (await outcomesOf(url, id)).map(({ result }) => result)
}

/** The same, once the run has ended and nothing of it is in flight. */
export async function outcomesOf(url: string, id: string): Promise<any[]> {
  const text = await (await fetch(`${url}/api/v1/runs/${id}/results`)).text()
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
}

/** An answer of the API, of which each test looks at a part. */
export async function ask(url: string, path: string): Promise<any> {
  return (await fetch(`${url}/api/v1${path}`)).json()
}

export async function post(url: string, path: string, body: unknown = {}): Promise<{ status: number; body: any }> {
  const answer = await fetch(`${url}/api/v1${path}`, {
    ...{ method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) },
  })
  return { status: answer.status, body: await answer.json() }
}

export function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, n) => n)
}
