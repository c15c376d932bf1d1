// Runs, items and calls as spans and metrics of OpenTelemetry, for a collector. Its packages belong to whoever installs them:
// they are loaded here, when the environment names a collector. Attributes have our own words and ids, no values.

import { createHash, randomBytes } from 'node:crypto'
import { type CallContext, FlowError, itemStatus, itemsEnded, type JournalEntry, type RunRow } from '@stepflow/engine'
import type { Env } from '../config/substitute.ts'
import type { CallAnswer, Observer } from './observer.ts'

export interface Telemetry extends Observer {
  /** Sends what is left. */
  close(): Promise<void>
}

export interface TelemetryOptions {
  readonly env: Env
  readonly version: string
  /** Runs of the store that have not ended. */
  readonly openRuns: () => Promise<number>
}

const EXPORT_MS = 3_000
/** The status of a span that failed. */
const ERROR = 2

/** Undefined if no collector is named; throws INVALID_INPUT if the packages are missing. */
export async function openTelemetry({ env, version, openRuns }: TelemetryOptions): Promise<Telemetry | undefined> {
  const endpoint = env.OTEL_EXPORTER_OTLP_ENDPOINT?.replace(/\/+$/, '')
  if (!endpoint) return undefined
  if (!URL.canParse(endpoint)) {
    throw new FlowError('INVALID_INPUT', `OTEL_EXPORTER_OTLP_ENDPOINT is no URL: write http://127.0.0.1:4318`)
  }
  const packages = await loadPackages()
  const { trace, metrics, traceExporter, metricExporter, resources } = packages
  const resource = resources.resourceFromAttributes({
    'service.name': env.OTEL_SERVICE_NAME || 'stepflow',
    'service.version': version,
  })
  const ids = new NextIds()
  const tracerProvider = new trace.NodeTracerProvider({
    resource,
    idGenerator: ids,
    // All of a run or nothing: the spans of a run come from several processes.
    sampler: new trace.AlwaysOnSampler(),
    spanProcessors: [
      new trace.BatchSpanProcessor(
        new traceExporter.OTLPTraceExporter({
          url: env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT || `${endpoint}/v1/traces`,
          timeoutMillis: EXPORT_MS,
        }),
      ),
    ],
  })
  const meterProvider = new metrics.MeterProvider({
    resource,
    readers: [
      new metrics.PeriodicExportingMetricReader({
        exporter: new metricExporter.OTLPMetricExporter({
          url: env.OTEL_EXPORTER_OTLP_METRICS_ENDPOINT || `${endpoint}/v1/metrics`,
          timeoutMillis: EXPORT_MS,
        }),
      }),
    ],
  })
  const spans = new Spans(packages.api, tracerProvider.getTracer('stepflow', version), ids)
  const counts = countsOf(meterProvider.getMeter('stepflow', version), openRuns)
  return {
    called: (path, context) => spans.called(path, context),
    wrote(run, entries) {
      spans.wrote(run, entries)
      counts.wrote(entries)
    },
    runEnded(row) {
      spans.runEnded(row)
      counts.runs.add(1, { status: row.status })
    },
    answered: (route, status, seconds) => counts.http.record(seconds, { route, status }),
    stepTook: (seconds) => counts.steps.record(seconds),
    async close() {
      // A collector that is away is no reason to stay.
      await Promise.allSettled([tracerProvider.shutdown(), meterProvider.shutdown()])
    },
  }
}

// ---

const PACKAGES = {
  api: '@opentelemetry/api',
  trace: '@opentelemetry/sdk-trace-node',
  metrics: '@opentelemetry/sdk-metrics',
  traceExporter: '@opentelemetry/exporter-trace-otlp-http',
  metricExporter: '@opentelemetry/exporter-metrics-otlp-http',
  resources: '@opentelemetry/resources',
} as const

// biome-ignore lint/suspicious/noExplicitAny: optional packages, whose types need not be there when we are compiled
type Loaded = any

async function loadPackages(): Promise<Record<keyof typeof PACKAGES, Loaded>> {
  const loaded: Record<string, Loaded> = {}
  const missing: string[] = []
  for (const [key, name] of Object.entries(PACKAGES)) {
    try {
      loaded[key] = await import(name)
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw thrown
      missing.push(name)
    }
  }
  if (missing.length === 0) return loaded as Record<keyof typeof PACKAGES, Loaded>
  throw new FlowError(
    'INVALID_INPUT',
    `OTEL_EXPORTER_OTLP_ENDPOINT is set, but packages of OpenTelemetry are not installed beside stepflow: npm install ${missing.join(' ')}, or unset it`,
  )
}

interface TraceIds {
  readonly traceId: string
  readonly spanId: string
}

/** Spans of one run join whoever sends them: the ids of run and items follow from the run's id. */
class NextIds {
  #next: TraceIds = { traceId: '', spanId: '' }

  use(next: TraceIds): void {
    this.#next = next
  }

  generateTraceId = () => this.#next.traceId
  generateSpanId = () => this.#next.spanId
}

class Spans {
  readonly #api: Loaded
  readonly #tracer: Loaded
  readonly #ids: NextIds
  /** When the first call of an item in flight began, by run and item. */
  readonly #began = new Map<string, Map<number, number>>()

  constructor(api: Loaded, tracer: Loaded, ids: NextIds) {
    this.#api = api
    this.#tracer = tracer
    this.#ids = ids
  }

  called(path: string, context: CallContext): (answer: CallAnswer) => void {
    const { runId } = context
    const item = outermost(context).itemIndex
    const began = this.#began.get(runId) ?? new Map<number, number>()
    if (began.size === 0) this.#began.set(runId, began)
    if (!began.has(item)) began.set(item, Date.now())
    const own = { traceId: traceOf(runId), spanId: randomBytes(8).toString('hex') }
    const span = this.#start(own, tracedAround(context) ?? itemIds(runId, item), context.stepId, undefined, {
      'stepflow.run.id': runId,
      'stepflow.item': item,
      'stepflow.step.id': context.stepId,
      'stepflow.component': path,
      'stepflow.attempt': context.attempt,
    })
    context.trace = own
    return (answer) => {
      if (answer.kind === 'failed') fail(span, answer.code)
      if (answer.kind === 'parked') span.setAttribute('stepflow.parked', true)
      span.end()
    }
  }

  wrote(run: string, entries: readonly JournalEntry[]): void {
    for (const entry of entries) {
      // Items that a cancel ended before they began took no time.
      if (entry.type !== 'finished' || entry.carried || entry.to !== undefined) continue
      const { item, at, outcome } = entry
      const began = this.#began.get(run)
      const span = this.#start(itemIds(run, item), runIds(run), 'item', began?.get(item) ?? at, {
        'stepflow.run.id': run,
        'stepflow.item': item,
        'stepflow.outcome': itemStatus(outcome),
      })
      began?.delete(item)
      if (outcome.outcome === 'failed') fail(span, outcome.error.code)
      span.end(at)
    }
  }

  runEnded({ id, flow, status, createdAt, endedAt, error }: RunRow): void {
    this.#began.delete(id)
    const span = this.#start(runIds(id), undefined, flow ?? 'run', createdAt, {
      'stepflow.run.id': id,
      'stepflow.status': status,
    })
    if (status === 'failed') fail(span, error?.code ?? 'COMPONENT_FAILED')
    span.end(endedAt)
  }

  #start(own: TraceIds, parent: TraceIds | undefined, name: string, startTime: number | undefined, attributes: object) {
    const { trace, ROOT_CONTEXT } = this.#api
    const around = parent ? trace.setSpanContext(ROOT_CONTEXT, { ...parent, traceFlags: 1 }) : ROOT_CONTEXT
    this.#ids.use(own)
    return this.#tracer.startSpan(name, { startTime, attributes }, around)
  }
}

function countsOf(meter: Loaded, openRuns: () => Promise<number>) {
  const items = meter.createCounter('stepflow_items')
  meter
    .createObservableGauge('stepflow_runs_open')
    .addCallback(async (result: { observe(value: number): void }) => result.observe(await openRuns()))
  return {
    runs: meter.createCounter('stepflow_runs'),
    steps: meter.createHistogram('stepflow_step_seconds', { unit: 's' }),
    http: meter.createHistogram('stepflow_http_seconds', { unit: 's' }),
    wrote(entries: readonly JournalEntry[]) {
      for (const entry of entries) {
        if (entry.type !== 'finished' || entry.carried) continue
        items.add(itemsEnded(entry), { outcome: itemStatus(entry.outcome) })
      }
    },
  }
}

/** The code only: messages may quote data. */
function fail(span: Loaded, code: string): void {
  span.setAttribute('error.type', code)
  span.setStatus({ code: ERROR })
}

function outermost(context: CallContext): CallContext {
  let found = context
  while (found.around) found = found.around
  return found
}

/** The call that it is inside, if there is one that has a span. */
function tracedAround(context: CallContext): TraceIds | undefined {
  for (let { around } = context; around; { around } = around) if (around.trace) return around.trace
  return undefined
}

function runIds(run: string): TraceIds {
  return { traceId: traceOf(run), spanId: hash(`run ${run}`, 16) }
}

function itemIds(run: string, item: number): TraceIds {
  return { traceId: traceOf(run), spanId: hash(`item ${run}/${item}`, 16) }
}

function traceOf(run: string): string {
  return hash(run, 32)
}

function hash(text: string, digits: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, digits)
}
