// stepflow version: which stepflow this is, and what it runs on.

import type { Command } from '../command.ts'
import { version as number } from '../version.ts'

export const version: Command = {
  name: 'version',
  summary: 'print the version',
  operands: '',
  options: [{ name: 'json', does: 'print {version, node, platform}' }],
  examples: [{ does: 'for a bug report, with Node and platform', line: 'stepflow version --json' }],
  async run(args, io) {
    const { version: node, platform, arch } = process
    io.out(
      args.has('json')
        ? `${JSON.stringify({ version: number, node, platform: `${platform}-${arch}` })}\n`
        : `stepflow ${number}\n`,
    )
    return 0
  },
}
