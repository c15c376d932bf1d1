// stepflow validate: everything that is wrong with a flow, at once, and why each of its steps will run. Runs nothing.

import { type ComponentInfo, type Diagnostic, hasErrors, type Plan } from '@stepflow/engine'
import { flowIdOf } from '@stepflow/host'
import { flowFile } from '../args.ts'
import { countDiagnostics, describeDiagnostics } from '../code-frame.ts'
import { type Args, type Command, flowOptions, type Io } from '../command.ts'
import { createMessages } from '../messages.ts'
import { openProject, type Project } from '../project.ts'
import { givenVariables, overrideOptions, readOverrides, variableOptions } from '../sources.ts'

export const validate: Command = {
  name: 'validate',
  summary: 'check a flow and its configuration without running anything',
  operands: 'FLOW',
  options: [
    ...flowOptions,
    { name: 'strict', does: 'treat unknown keys as errors' },
    { name: 'type-check', does: 'also check inputs and references against the schemas of flow and components' },
    { name: 'explain', does: 'print for each step why it will run' },
    ...variableOptions.map((option) => ({ ...option, does: `check too: ${option.does}` })),
    ...overrideOptions,
    { name: 'json', does: 'print {valid, diagnostics, flowId, steps}' },
  ],
  examples: [
    { does: 'report all problems, with their lines', line: 'stepflow validate flow.yaml' },
    { does: 'on a build server', line: 'stepflow validate flow.yaml --strict --json' },
    {
      does: 'with what it will be run with',
      line: 'stepflow validate flow.yaml --variables prod.yaml --secrets secrets.env',
    },
    { does: 'print why each step runs', line: 'stepflow validate flow.yaml --explain' },
  ],
  elsewhere: {
    store: 'it runs nothing, so it records nothing; to record a run: stepflow run flow.yaml --store sqlite:PATH',
  },
  async run(args, io) {
    const file = flowFile(validate, args)
    const messages = createMessages(args, io)
    const project = await openProject({
      file,
      args,
      io,
      messages,
      purpose: 'check',
      overrides: await readOverrides(args, io),
    })
    try {
      const { plan, text } = project
      const found = [...project.diagnostics]
      if (plan && args.has('type-check')) found.push(...(await typeFindings(plan, project, args.has('strict'))))
      if (plan) found.push(...(await givenFindings(plan, args, io)))
      const valid = plan !== undefined && !hasErrors(found)
      const steps = project.flow?.steps ?? []
      if (args.has('json')) {
        const flowId = await flowIdOf(project)
        const facts = { ...(flowId === undefined ? {} : { flowId }), ...(project.flow ? { steps } : {}) }
        io.out(`${JSON.stringify({ valid, diagnostics: found, ...facts })}\n`)
        return valid ? 0 : 2
      }
      const color = io.terminal.color.out
      const own = found.filter((one) => one.file === undefined || one.file === file)
      const others = found.filter((one) => !own.includes(one))
      const columns = io.terminal.out ? io.terminal.columns : undefined
      const parts = [describeDiagnostics(others, { color }), describeDiagnostics(own, { text, color, columns })]
      if (args.has('explain')) parts.push(steps.map(({ id, why }) => `${id}: ${why}\n`).join(''))
      const counted = countDiagnostics(found)
      parts.push(`${file}: ${valid ? 'valid' : 'not valid'}${counted === 'no problems' ? '' : `, ${counted}`}\n`)
      io.out(parts.filter(Boolean).join('\n'))
      return valid ? 0 : 2
    } finally {
      await project.close()
    }
  },
}

// ---

/** Of the variables and secrets that are given; a flow may be checked without them. */
async function givenFindings(plan: Plan, args: Args, io: Io): Promise<Diagnostic[]> {
  const { checkSecrets, checkVariables, readSecrets } = await import('@stepflow/host')
  const has = (...names: string[]) => args.given.some(({ name }) => names.includes(name))
  const asksVariables = has('variables', 'variables-json', 'variables-yaml', 'env-variables')
  const secrets = args.value('secrets')
  return [
    ...(asksVariables ? await checkVariables(await givenVariables(args, plan, io), plan) : []),
    ...(secrets === undefined ? [] : checkSecrets(plan, await readSecrets(secrets, io.cwd), io.env)),
  ]
}

async function typeFindings(plan: Plan, project: Project, isStrict: boolean): Promise<Diagnostic[]> {
  const [{ declaredSteps, typeCheck }, { toJson }] = await Promise.all([
    import('@stepflow/dialects/infer'),
    import('@stepflow/dialects'),
  ])
  const listing = await project.plugins.components()
  const infos = new Map<string, ComponentInfo>()
  for (const { info, paths } of listing.components) for (const path of paths) infos.set(path, info)
  const silent = listing.failures.map(
    ({ plugin, error }): Diagnostic => ({
      code: 'PLUGIN_SILENT',
      level: 'warning',
      message: `plugin "${plugin}" could not list the types of its components: ${error.message}`,
    }),
  )
  const { document } = project
  const steps = document ? declaredSteps(toJson(document)) : {}
  const untyped = isStrict ? 'error' : 'warning'
  const output = document?.kind === 'map' ? document.entries.find(({ key }) => key === 'output') : undefined
  const found = typeCheck(plan, (path) => infos.get(path), { steps, untyped })
  return [...silent, ...found.map((one) => (one.path === '$.output' ? atOutput(one, output) : one))]
}

/** The plan does not know where its output was written. */
function atOutput(finding: Diagnostic, at: { line: number; column: number } | undefined): Diagnostic {
  return at ? { ...finding, line: at.line, column: at.column } : finding
}
