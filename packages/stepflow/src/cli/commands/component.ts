// stepflow component: one component by itself, without a flow around it.

import { hasErrors } from '@stepflow/engine'
import { usage } from '../args.ts'
import { describeDiagnostics } from '../code-frame.ts'
import type { Command } from '../command.ts'
import { createMessages } from '../messages.ts'
import { followSingle } from '../single-run.ts'
import { inputOptions, readInput } from '../sources.ts'

export const component: Command = {
  name: 'component',
  summary: 'call one component of a plugin, without a flow',
  operands: 'call PLUGIN /NAME',
  words: ['call'],
  options: [
    ...inputOptions,
    { name: 'config', value: 'FILE', does: 'the configuration; else stepflow-config.yml in this folder' },
    {
      name: 'secrets',
      value: 'FILE',
      does: 'a file of secrets: a .json or .yaml map, or NAME=value lines; others come from STEPFLOW_SECRET_NAME in the environment',
    },
    { name: 'output', short: 'o', value: 'FILE', does: 'the file for the result; else stdout' },
    { name: 'json', does: 'print JSON, for programs' },
  ],
  examples: [
    {
      does: 'print what a server answers to an input',
      line: `stepflow component call python /word_count --input-json '{"text": "one two"}'`,
    },
    {
      does: 'also print what the server writes meanwhile',
      line: `STEPFLOW_COMPONENT_STDERR=verbose stepflow component call python /word_count --input-json '{}'`,
    },
  ],
  async run(args, io) {
    const messages = createMessages(args, io)
    const [action, plugin, name, ...more] = args.operands
    if (action !== 'call')
      throw usage(
        component,
        action === undefined ? 'needs an action: call' : `there is no action "${action}"; there is: call`,
      )
    if (plugin === undefined || name === undefined || more.length > 0) {
      throw usage(
        component,
        'call takes the name of a plugin in the configuration and the name of a component: component call python /word_count',
      )
    }
    const { loadConfig, openCall } = await import('@stepflow/host')
    const found = await loadConfig({ path: args.value('config'), cwd: io.cwd, env: io.env })
    // It is called here without one.
    const findings = found.diagnostics.filter(({ code }) => code !== 'UNUSED_PLUGIN')
    if (findings.length > 0) {
      messages.problem(describeDiagnostics(findings, { color: io.terminal.color.err }).trimEnd())
      if (hasErrors(found.diagnostics)) return 2
    }
    const call = await openCall({
      config: found.config,
      plugin,
      component: name,
      cwd: io.cwd,
      env: io.env,
      secretsFile: args.value('secrets'),
      log: messages.log,
    })
    try {
      const { plan } = call
      const input = await readInput(component, args, plan, io, messages)
      return await followSingle({
        plan,
        store: call.store,
        storeWords: [],
        output: args.value('output'),
        isJson: args.has('json'),
        io,
        messages,
        begin: (see) => call.engine.submit(plan, [input], { watch: see }),
      })
    } finally {
      await call.close()
    }
  },
}
