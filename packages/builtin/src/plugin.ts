// The builtin plugin: every component that is there without a configuration file, by name.

import { type Clock, type Plugin, systemClock } from '@stepflow/engine'
import { createSchemaLoader } from '@stepflow/schema'
import { anthropic } from './anthropic.ts'
import { anywhere, builtinName } from './anywhere.ts'
import { getBlob, putBlob } from './blobs.ts'
import { chatComponent } from './chat.ts'
import type { FunctionFinder, SchemaLoader } from './check.ts'
import { type CodeOptions, code } from './code.ts'
import type { Environment } from './credentials.ts'
import { gemini } from './gemini.ts'
import { gmail } from './gmail.ts'
import { type HostLimits, HostRates } from './host-rates.ts'
import { http } from './http.ts'
import { createHttpClient } from './http-client.ts'
import { keepingInput } from './keeping-input.ts'
import { type HomeOf, loadFile } from './load-file.ts'
import { createNetGuard, type Resolve } from './net-guard.ts'
import { openai } from './openai.ts'
import { openaiChatService } from './openai-chat.ts'
import { slack } from './slack.ts'
import { sleep } from './sleep.ts'

export interface BuiltinOptions {
  readonly clock?: Clock
  /** Where keys and base URLs of services are looked up; nothing else is read from it. */
  readonly env?: Environment
  /** `http.allow_private` of the configuration. */
  readonly allowPrivate?: readonly string[]
  /** `http.rate_limit` of the configuration. */
  readonly hostRates?: HostLimits
  /** The flow's directory; the current one if absent. */
  readonly baseDir?: string
  /**
   * Of a server, which runs flows of several folders and of none: the folder by the flow's file. One that has none reads what
   * `filesAllow` names, and its code runs only in a jail that holds.
   */
  readonly homeOf?: HomeOf
  /** `files.allow` of the configuration. */
  readonly filesAllow?: readonly string[]
  readonly code?: CodeOptions
  /** Finds `transform`. */
  readonly functions?: FunctionFinder
  readonly schema?: SchemaLoader
  /** In place of the system's name resolution. */
  readonly resolve?: Resolve
}

/**
 * Throws INVALID_INPUT if an entry of `allowPrivate` cannot be understood.
 *
 * ```ts
 * const builtin = createBuiltinPlugin({ baseDir: dirname(flowFile), allowPrivate: ['127.0.0.1:8080'] })
 * builtin.resolve('/http/get')
 * ```
 */
export function createBuiltinPlugin(options: BuiltinOptions = {}): Plugin {
  const clock = options.clock ?? systemClock
  const guard = createNetGuard({
    ...(options.allowPrivate ? { allowPrivate: options.allowPrivate } : {}),
    ...(options.resolve ? { resolve: options.resolve } : {}),
  })
  const rates = new HostRates(options.hostRates ?? {}, clock)
  const client = createHttpClient({ guard, clock, rates })
  const env = options.env ?? process.env
  const schema = options.schema ?? createSchemaLoader()
  const jails = code(clock, options.code, options.homeOf)
  const ofNode = [
    putBlob,
    getBlob,
    sleep(clock),
    loadFile({
      baseDir: options.baseDir ?? process.cwd(),
      homeOf: options.homeOf,
      ...(options.filesAllow ? { allow: options.filesAllow } : {}),
    }),
    openai(client, clock, env),
    ...[gemini, anthropic, openaiChatService].map((service) => chatComponent(service, client, clock, env, schema)),
    slack(client, clock, env),
    gmail(client, clock, env),
    ...jails.components,
    ...http(client, clock),
  ].map(keepingInput)
  const components = [...anywhere({ clock, schema, functions: options.functions ?? (() => undefined) }), ...ofNode]
  const byName = new Map(components.map((component) => [component.info.name, rates.around(component)]))

  return {
    name: 'builtin',
    components: () => components.map((component) => component.info),
    resolve: (name) => byName.get(name) ?? byName.get(builtinName(name)),
    async stop() {
      await Promise.all([client.close(), jails.stop()])
    },
  }
}
