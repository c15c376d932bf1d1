// The counts of this process, in memory, as Prometheus reads them. Label values are words of ours and patterns of routes,
// so that their number is bounded.

import { itemStatus, itemsEnded, type JournalEntry, type RunRow } from '@stepflow/engine'
import type { Observer } from './observer.ts'

/** Upper bounds in seconds; a last bucket has the rest. */
export const BUCKETS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300]

export class Metrics implements Observer {
  readonly #runs = new Map<string, number>(['completed', 'failed', 'cancelled'].map((status) => [status, 0]))
  readonly #items = new Map<string, number>(['success', 'skipped', 'failed', 'cancelled'].map((one) => [one, 0]))
  readonly #steps = new Histogram()
  /** By route and status. */
  readonly #http = new Map<string, Map<number, Histogram>>()

  wrote(_run: string, entries: readonly JournalEntry[]): void {
    for (let i = 0; i < entries.length; i++) {
      const entry = entries[i] as JournalEntry // below its length
      if (entry.type !== 'finished' || entry.carried) continue
      add(this.#items, itemStatus(entry.outcome), itemsEnded(entry))
    }
  }

  runEnded({ status }: RunRow): void {
    add(this.#runs, status, 1)
  }

  stepTook(seconds: number): void {
    this.#steps.observe(seconds)
  }

  answered(route: string, status: number, seconds: number): void {
    let ofRoute = this.#http.get(route)
    if (!ofRoute) {
      ofRoute = new Map()
      this.#http.set(route, ofRoute)
    }
    let histogram = ofRoute.get(status)
    if (!histogram) {
      histogram = new Histogram()
      ofRoute.set(status, histogram)
    }
    histogram.observe(seconds)
  }

  /** In the text format of Prometheus, version 0.0.4. */
  text(openRuns: number): string {
    const lines: string[] = []
    family(lines, 'stepflow_runs_total', 'counter', 'Runs that have ended, by how.')
    for (const [status, count] of this.#runs) lines.push(`stepflow_runs_total{status="${status}"} ${count}`)
    family(lines, 'stepflow_items_total', 'counter', 'Items that have ended, by their outcome.')
    for (const [outcome, count] of this.#items) lines.push(`stepflow_items_total{outcome="${outcome}"} ${count}`)
    family(lines, 'stepflow_step_seconds', 'histogram', 'How long calls of components took.')
    this.#steps.write(lines, 'stepflow_step_seconds', '')
    family(lines, 'stepflow_runs_open', 'gauge', 'Runs of the store that have not ended.')
    lines.push(`stepflow_runs_open ${openRuns}`)
    family(lines, 'stepflow_http_seconds', 'histogram', 'How long requests took, by the pattern of their route.')
    for (const [route, ofRoute] of this.#http) {
      for (const [status, histogram] of ofRoute) {
        histogram.write(lines, 'stepflow_http_seconds', `route="${escaped(route)}",status="${status}"`)
      }
    }
    return `${lines.join('\n')}\n`
  }
}

// ---

class Histogram {
  readonly #counts = new Float64Array(BUCKETS.length + 1)
  #sum = 0

  observe(seconds: number): void {
    let bucket = 0
    while (bucket < BUCKETS.length && seconds > (BUCKETS[bucket] as number)) bucket++
    this.#counts[bucket] = (this.#counts[bucket] as number) + 1
    this.#sum += seconds
  }

  write(lines: string[], name: string, labels: string): void {
    const before = labels === '' ? '' : `${labels},`
    const around = labels === '' ? '' : `{${labels}}`
    let count = 0
    for (let i = 0; i <= BUCKETS.length; i++) {
      count += this.#counts[i] as number
      lines.push(`${name}_bucket{${before}le="${BUCKETS[i] ?? '+Inf'}"} ${count}`)
    }
    lines.push(`${name}_sum${around} ${this.#sum}`, `${name}_count${around} ${count}`)
  }
}

function add(counts: Map<string, number>, label: string, count: number): void {
  counts.set(label, (counts.get(label) ?? 0) + count)
}

function family(lines: string[], name: string, type: string, help: string): void {
  lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`)
}

function escaped(label: string): string {
  return label.replace(/[\\"\n]/g, (one) => (one === '\n' ? '\\n' : `\\${one}`))
}
