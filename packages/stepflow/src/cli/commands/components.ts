// stepflow components: what steps can call here, from which plugin, under which path, with which schemas.

import { dirname, resolve } from 'node:path'
import { hasErrors } from '@stepflow/engine'
import type { ListedComponent } from '@stepflow/host'
import { describeDiagnostics } from '../code-frame.ts'
import type { Command } from '../command.ts'
import { createMessages } from '../messages.ts'
import { paint } from '../progress/draw-tree.ts'

export const components: Command = {
  name: 'components',
  aliases: ['list-components'],
  summary: 'list the components that steps can call, and the plugins that serve them',
  operands: '',
  options: [
    { name: 'config', value: 'FILE', does: 'the configuration; else stepflow-config.yml in this folder' },
    { name: 'flow', value: 'FILE', does: 'look for the configuration beside this flow' },
    {
      name: 'schemas',
      value: 'BOOL',
      bare: 'true',
      choices: ['true', 'false'],
      does: 'also print the schemas of the components',
    },
    {
      name: 'hide-unreachable',
      value: 'BOOL',
      bare: 'true',
      choices: ['true', 'false'],
      does: 'leave out components that no route leads to',
      default: 'true',
    },
    { name: 'format', value: 'FORMAT', choices: ['pretty', 'json', 'yaml'], does: 'the format of the list' },
    { name: 'json', does: 'the same as --format json' },
  ],
  examples: [
    { does: 'everything that is available here', line: 'stepflow components' },
    { does: 'for a program, with schemas', line: 'stepflow components --json' },
  ],
  async run(args, io) {
    const messages = createMessages(args, io)
    const { loadConfig, wirePlugins } = await import('@stepflow/host')
    const flow = args.value('flow')
    const found = await loadConfig({ path: args.value('config'), flowFile: flow, cwd: io.cwd, env: io.env })
    if (found.diagnostics.length > 0) {
      messages.problem(describeDiagnostics(found.diagnostics, { color: io.terminal.color.err }).trimEnd())
      if (hasErrors(found.diagnostics)) return 2
    }
    const flowDirectory = flow === undefined ? io.cwd : dirname(resolve(io.cwd, flow))
    const plugins = await wirePlugins(found.config, { env: io.env, flowDirectory, log: messages.log })
    try {
      const { components: all, failures } = await plugins.components()
      for (const { plugin, error } of failures)
        messages.problem(`plugin "${plugin}" could not list its components: ${error.message}`)
      const hides = args.value('hide-unreachable') !== 'false'
      const shown = all.filter((one) => !hides || one.paths.length > 0)
      const format = args.has('json') ? 'json' : (args.value('format') ?? 'pretty')
      const withSchemas = (args.value('schemas') ?? String(format !== 'pretty')) === 'true'
      if (format === 'pretty') {
        io.out(pretty(shown, withSchemas, io.terminal.color.out))
        if (all.length > shown.length)
          messages.hint(`${all.length - shown.length} more have no route; --hide-unreachable=false lists them`)
        return 0
      }
      const entries = shown.map((one) => entry(one, withSchemas))
      io.out(
        format === 'json'
          ? `${JSON.stringify(entries)}\n`
          : (await import('yaml')).stringify(entries, { lineWidth: 0 }),
      )
      return 0
    } finally {
      await plugins.close()
    }
  },
}

// ---

function entry({ info, plugin, paths }: ListedComponent, withSchemas: boolean) {
  return {
    component: info.name,
    path: paths[0] ?? null,
    ...(info.description === undefined ? {} : { description: info.description }),
    ...(withSchemas ? { input_schema: info.inputSchema ?? null, output_schema: info.outputSchema ?? null } : {}),
    plugin,
    routes: paths,
  }
}

function pretty(shown: readonly ListedComponent[], withSchemas: boolean, color: boolean): string {
  if (shown.length === 0) return 'no components\n'
  const width = Math.min(40, Math.max(...shown.map(nameOf).map((name) => name.length)))
  const plugins = [...new Set(shown.map((one) => one.plugin))]
  return plugins
    .map((plugin) => {
      const rows = shown
        .filter((one) => one.plugin === plugin)
        .map((one) => {
          const [first = ''] = (one.info.description ?? '').split('\n')
          const line = `  ${nameOf(one).padEnd(width)}  ${paint(first, 'dim', color)}`.trimEnd()
          return withSchemas ? `${line}\n${schemas(one)}` : line
        })
      return `${plugin}\n${rows.join('\n')}\n`
    })
    .join('\n')
}

function nameOf(one: ListedComponent): string {
  return one.paths[0] ?? `${one.info.name} (no route)`
}

function schemas({ info }: ListedComponent): string {
  const told = (name: string, schema: unknown) =>
    schema === undefined ? [] : `${name}: ${JSON.stringify(schema, null, 2)}`.split('\n').map((line) => `      ${line}`)
  return [...told('input', info.inputSchema), ...told('output', info.outputSchema)].join('\n')
}
