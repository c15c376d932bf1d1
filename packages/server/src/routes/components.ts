// What steps can call. Asks component servers, and starts those that have not been called yet.

import { componentListSchema } from '@stepflow/api'
import type { App } from '../app/app.ts'
import { pageOf, pageQuery } from '../app/pages.ts'
import { componentUses } from '../flows/component-uses.ts'
import type { PluginsInUse, Services } from '../services.ts'

export function componentRoutes(app: App, { plugins, pluginsInUse, namedFlows, secrets }: Services): void {
  app.get(
    '/components',
    {
      config: { access: 'viewer' },
      schema: {
        operationId: 'listComponents',
        summary: 'List the components that steps can call',
        description: 'A component server that cannot be reached is listed with what it had before, and why it is down.',
        tags: ['components'],
        querystring: pageQuery,
        response: { 200: componentListSchema },
      },
    },
    async ({ query }) => {
      const { components } = await plugins.components()
      const uses = await componentUses(namedFlows)
      const listed = components.flatMap(({ info, plugin, paths }) =>
        paths.map((path) => ({
          path,
          ...(info.description === undefined ? {} : { description: info.description }),
          ...(info.inputSchema === undefined ? {} : { inputSchema: info.inputSchema }),
          ...(info.outputSchema === undefined ? {} : { outputSchema: info.outputSchema }),
          plugin: shown(plugin, pluginsInUse, secrets.known.named.redaction),
          usedBy: uses.get(path) ?? [],
        })),
      )
      const known = new Set(listed.map(({ path }) => path))
      // What a plugin that is down would serve is known by those who call it.
      for (const [path, usedBy] of uses) {
        const plugin = known.has(path) ? undefined : downPluginOf(path, plugins, pluginsInUse)
        if (plugin !== undefined) {
          listed.push({ path, plugin: shown(plugin, pluginsInUse, secrets.known.named.redaction), usedBy })
        }
      }
      const { page, next } = pageOf('components', listed, ({ path }) => path, query)
      return { components: page, ...next }
    },
  )
}

// ---

function shown(name: string, { uses, configured }: PluginsInUse, redact: (text: string) => string) {
  const found = configured.find((plugin) => plugin.name === name)
  const use = uses.get(name)
  const max = found?.maxInFlight
  const isServer = found !== undefined && ['stepflow', 'grpc', 'mcp'].includes(found.type)
  const inFlight = use?.inFlight ?? 0
  return {
    name,
    type: found?.type ?? 'builtin',
    status: use?.down ? ('down' as const) : isServer && !use?.wasAsked ? ('stopped' as const) : ('up' as const),
    // Those that wait for a place are not under way.
    inFlight: max === undefined ? inFlight : Math.min(inFlight, max),
    ...(max === undefined ? {} : { max }),
    ...(use?.down ? { lastError: redact(use.down.message) } : {}),
  }
}

function downPluginOf(path: string, { router }: Services['plugins'], { uses }: PluginsInUse): string | undefined {
  const name = router.pluginOf(path)
  return name !== undefined && uses.get(name)?.down ? name : undefined
}
