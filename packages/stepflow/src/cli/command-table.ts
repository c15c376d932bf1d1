// All commands by name. Their code is loaded when they are called for: starting up must not pay for the others.

import type { Command } from './command.ts'

export interface CommandEntry {
  readonly name: string
  readonly aliases?: readonly string[]
  load(): Promise<Command>
}

export const commands: readonly CommandEntry[] = [
  { name: 'run', load: async () => (await import('./commands/run.ts')).run },
  { name: 'test', load: async () => (await import('./commands/test.ts')).test },
  { name: 'validate', load: async () => (await import('./commands/validate.ts')).validate },
  { name: 'visualize', load: async () => (await import('./commands/visualize.ts')).visualize },
  { name: 'infer', load: async () => (await import('./commands/infer.ts')).infer },
  {
    name: 'components',
    aliases: ['list-components'],
    load: async () => (await import('./commands/components.ts')).components,
  },
  { name: 'component', load: async () => (await import('./commands/component.ts')).component },
  { name: 'submit', load: async () => (await import('./commands/submit.ts')).submit },
  { name: 'serve', load: async () => (await import('./commands/serve.ts')).serve },
  { name: 'worker', load: async () => (await import('./commands/worker.ts')).worker },
  { name: 'nodes', load: async () => (await import('./commands/nodes.ts')).nodes },
  { name: 'mcp', load: async () => (await import('./commands/mcp.ts')).mcp },
  { name: 'runs', load: async () => (await import('./commands/runs.ts')).runs },
  { name: 'migrate', load: async () => (await import('./commands/migrate.ts')).migrate },
  { name: 'secrets', load: async () => (await import('./commands/secrets.ts')).secrets },
  { name: 'tokens', load: async () => (await import('./commands/tokens.ts')).tokens },
  { name: 'convert', load: async () => (await import('./commands/convert.ts')).convert },
  { name: 'init', load: async () => (await import('./commands/init.ts')).init },
  { name: 'completion', load: async () => (await import('./commands/completion.ts')).completion },
  { name: 'version', load: async () => (await import('./commands/version.ts')).version },
]
