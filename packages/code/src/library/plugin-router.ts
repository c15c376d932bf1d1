// Paths to plugins by their first part: `/python/udf` is the component `/udf` of the plugin "python". The builtin plugin is there,
// too, unless one is called so.

import { FlowError, type Plugin, type Router, suggest } from '@stepflow/engine'

export function pluginRouter(plugins: readonly Plugin[], builtin: () => Plugin | undefined): Router {
  const byName = new Map(plugins.map((plugin) => [plugin.name, plugin]))
  return {
    route(path) {
      const [, name = '', rest = ''] = /^\/([^/]+)(\/.*)$/.exec(path) ?? []
      const plugin = byName.get(name) ?? (name === 'builtin' ? builtin() : undefined)
      const component = plugin?.resolve(rest)
      if (component) return { component }
      const near = suggest(name, byName.keys())
      const known = [...byName.keys()].join(', ') || 'none'
      const why = plugin
        ? `plugin "${name}" has no component ${rest}`
        : near
          ? `did you mean /${near}${rest}?`
          : `plugins of this engine: ${known}`
      throw new FlowError('COMPONENT_NOT_FOUND', `no component ${path}: ${why}`)
    },
  }
}
