// What a configuration says once it has been read: whole, checked, with defaults filled in and paths made absolute.

import type { RateLimit } from '@stepflow/builtin'
import type { MockComponent } from '../plugins/mock.ts'
import type { McpConfig } from './read-mcp.ts'
import type { Program } from './read-program.ts'
import type { RouteConfig } from './routes.ts'

export interface Config {
  /** The file it was read from. */
  readonly file?: string
  /** What relative paths and commands are relative to, and where child processes run. */
  readonly directory: string
  readonly plugins: readonly PluginConfig[]
  readonly routes: readonly RouteConfig[]
  readonly stateStore: StoreConfig
  readonly http: {
    /** Non-public addresses, ranges and names that requests may go to. */
    readonly allowPrivate: readonly string[]
    /** How often each host may be asked, by its name with or without port. */
    readonly rateLimits: Readonly<Record<string, RateLimit>>
  }
  readonly files: {
    /** Absolute; folders that may be read besides the flow's own. */
    readonly allow: readonly string[]
  }
  /** Which of the runs that have ended a server keeps; absent: all. */
  readonly history: {
    readonly maxAgeMs?: number
    readonly maxRuns?: number
  }
  readonly code: {
    /** Code of flows runs also where this machine can make no jail for it. */
    readonly unsafe: boolean
    /** Absent: as much as the component thinks right. */
    readonly memoryMb?: number
    /** How many jails wait for code. */
    readonly warm?: number
  }
}

export type PluginConfig = {
  readonly name: string
  readonly maxInFlight?: number
  /** How often its components may be called, by this process. */
  readonly rateLimit?: RateLimit
} & (
  | { readonly type: 'builtin' }
  | ({ readonly type: 'stepflow'; readonly blobUrl?: string } & (ServerProcess | RemoteServer))
  | ({ readonly type: 'grpc' } & WorkerConfig)
  | ({ readonly type: 'mcp' } & McpConfig)
  | { readonly type: 'module'; readonly path: string }
  | { readonly type: 'mock'; readonly components: readonly MockComponent[] }
  /** Of a type that is known but not served here; `reason` is a whole sentence without its full stop. */
  | { readonly type: 'unavailable'; readonly reason: string }
)

/** A component server that is started as a child process. */
export interface ServerProcess extends Program {
  /** Absent: told by what the child prints first. */
  readonly transport?: 'stdio' | 'http'
  readonly startupTimeoutMs?: number
  readonly processes: number
}

/** Workers that pull their tasks over gRPC: a process that is started, or those of others that ask at an address. */
export type WorkerConfig = (
  | Program
  | { readonly listen: { readonly host: string; readonly port: number }; readonly token: string }
) & {
  readonly queue: string
  /** How long a call may wait while no worker takes any. */
  readonly queueTimeoutMs: number
  /** How long a worker may work on a call. */
  readonly executionTimeoutMs?: number
  readonly heartbeatMs: number
  readonly processes: number
}

/** A component server that others start. */
export interface RemoteServer {
  readonly url: string
  /** Of a request to it. */
  readonly timeoutMs?: number
  readonly startupTimeoutMs?: number
}

export type StoreConfig =
  | { readonly type: 'memory' }
  /** `path` is absolute, or `:memory:`. */
  | { readonly type: 'sqlite'; readonly path: string }
  /** `blobs`: an absolute folder, or a bucket. */
  | { readonly type: 'postgres'; readonly url: string; readonly blobs?: string }

/** The configuration of whoever has no configuration file. */
export function defaultConfig(directory: string): Config {
  return {
    directory,
    plugins: [{ name: 'builtin', type: 'builtin' }],
    routes: [],
    stateStore: { type: 'memory' },
    http: { allowPrivate: [], rateLimits: {} },
    files: { allow: [] },
    history: {},
    code: { unsafe: false },
  }
}
