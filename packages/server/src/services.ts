// What routes may use, and nothing else: a route has no store, no clock and no file of its own.

import type { Clock, Log, PlanEngine, Store } from '@stepflow/engine'
import type { Config, Env, FlowCompiler, PluginUse, Secrets, WiredPlugins, WireOptions } from '@stepflow/host'
import type { RunReader } from '@stepflow/host/history'
import type { NamedFlows } from '@stepflow/host/named-flows'
import type { Observation } from '@stepflow/host/observability'
import type { StoredSecrets } from '@stepflow/host/secrets'
import type { Sessions, Tokens } from '@stepflow/host/tokens'
import type { Access } from './access/access.ts'
import type { DoorConfig } from './access/door.ts'
import type { Life } from './app/life.ts'
import type { EventHub } from './events/event-stream.ts'
import type { WhichTools } from './mcp/flow-tools.ts'
import type { Intakes } from './runs/intakes.ts'
import type { RunStarter } from './runs/start-run.ts'
import type { ActiveTriggers } from './triggers/active-triggers.ts'
import type { Schedules } from './triggers/schedules.ts'

export interface Services {
  readonly config: ServerConfig
  /** For what steers runs and goes on with them; what is shown comes from `runs`. */
  readonly store: Store
  readonly engine: PlanEngine
  /** Recorded runs, redacted: the one door by which they leave. */
  readonly runs: RunReader
  /** Streams of what happens. */
  readonly events: EventHub
  /** Begins runs, once for each idempotency key; requests, schedules, webhooks and tools all come by it. */
  readonly starter: RunStarter
  /** Takes in inputs that come as lines. */
  readonly intakes: Intakes
  readonly flows: FlowCompiler
  /** What flows find and what everything that leaves is redacted by. */
  readonly secrets: Secrets
  /** What steps can call. */
  readonly plugins: WiredPlugins
  readonly pluginsInUse: PluginsInUse
  readonly project: ServedProject
  /** Those of the store, to be changed. */
  readonly storedSecrets: StoredSecrets
  readonly env: Env
  readonly tokens: Tokens
  readonly sessions: Sessions
  /** Flows by their names, of the API and of the folder. */
  readonly namedFlows: NamedFlows
  /** What starts the flows that are published. */
  readonly triggers: ActiveTriggers
  readonly schedules: Schedules
  readonly access: Access
  readonly life: Life
  /** What is counted of runs and requests. */
  readonly observation: Observation
  readonly clock: Clock
  readonly log: Log
}

/** What the configuration file says, and where flows are at home. */
export interface ServedProject {
  readonly config: Config
  readonly homeOf: NonNullable<WireOptions['homeOf']>
}

/** How the plugins of the configuration are doing, by name. */
export interface PluginsInUse {
  readonly uses: ReadonlyMap<string, PluginUse>
  readonly configured: Config['plugins']
}

export interface ServerConfig extends DoorConfig {
  readonly version: string
  /** `''`, or `/x`: what all paths begin with. */
  readonly basePath: string
  /** `sqlite`, `memory`. */
  readonly storeKind: string
  /** Absolute. */
  readonly flowsDir: string
  /** Which flows are tools for MCP clients. */
  readonly mcpTools: WhichTools
}
