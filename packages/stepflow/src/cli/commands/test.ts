// stepflow test: runs the cases that flows carry and says which of them no longer hold.

import { suggest } from '@stepflow/engine'
import { countOption, usage } from '../args.ts'
import { findFiles } from '../cases/find-files.ts'
import { type CaseResult, type FileResult, testFile } from '../cases/test-file.ts'
import { updateOutputs } from '../cases/update-file.ts'
import type { Command, Io } from '../command.ts'
import { NO_ENGINE } from '../elsewhere/no-engine.ts'
import { listen } from '../interrupts.ts'
import { createMessages } from '../messages.ts'
import { paint } from '../progress/draw-tree.ts'
import { overrideOptions, readOverrides, variableOptions } from '../sources.ts'
import { rewriteText } from '../write-file.ts'

export const test: Command = {
  name: 'test',
  summary: 'run the test cases in flow files',
  operands: 'PATH...',
  options: [
    {
      name: 'config',
      value: 'FILE',
      does: 'the configuration for all flows',
      default: 'test.config in the flow, stepflow-config.test.yml, stepflow-config.yml',
    },
    { name: 'flow', value: 'FILE', does: 'the flow file, if it is not an argument' },
    { name: 'case', value: 'NAME', many: true, does: 'run only the case with this name' },
    { name: 'update', does: 'write the actual outcomes into the files as the expected ones' },
    { name: 'diff', does: 'show the differences, line by line' },
    {
      name: 'max-concurrent',
      aliases: ['max-concurrency'],
      value: 'N',
      does: 'how many cases of a file may run at once',
      default: '10',
    },
    ...variableOptions,
    ...overrideOptions,
    { name: 'json', does: 'print {files, passed, failed, errored, skipped, updated}' },
  ],
  examples: [
    { does: 'all flows below a folder', line: 'stepflow test flows/' },
    { does: 'one case, with its differences', line: 'stepflow test flow.yaml --case "empty list" --diff' },
    { does: 'with variables of the flow', line: `stepflow test flow.yaml --variables-json '{"region": "eu"}'` },
    { does: 'accept the outcomes as they are now', line: 'stepflow test flow.yaml --update' },
  ],
  elsewhere: {
    engine: NO_ENGINE,
    store:
      'it runs the cases in memory and records nothing; to record a run: stepflow run flow.yaml --store sqlite:PATH',
  },
  async run(args, io) {
    const messages = createMessages(args, io)
    const named = [...args.operands, ...args.values('flow')]
    if (named.length === 0) throw usage(test, 'needs flow files or folders: stepflow test flows/')
    const maxConcurrent = countOption(test, args, 'max-concurrent') ?? 10
    const wanted = args.values('case')
    const overrides = await readOverrides(args, io)
    const isJson = args.has('json')
    let isInterrupted = false
    const restore = listen(() => {
      isInterrupted = true
      messages.hint('stopping after this file; press Ctrl-C again to stop at once')
    })
    const tellEmpty = (folder: string) => messages.hint(`warning: ${folder} contains no .yaml or .yml file`)
    const results: FileResult[] = []
    try {
      for (const { file, isNamed } of findFiles(named, io.cwd, tellEmpty)) {
        if (isInterrupted) return 130
        const result = await testFile({ file, isNamed, args, io, messages, maxConcurrent, overrides, wanted })
        results.push(result)
        if (!isJson) tell(result, args.has('diff'), args.has('quiet'), io)
        if (args.has('update') && result.status === 'tested') await update(result, io, messages.hint)
      }
    } finally {
      restore()
    }
    refuseUnknownCases(wanted, results)
    const summary = summarise(results, args.has('update'))
    if (isJson) io.out(`${JSON.stringify({ files: results.map(fileJson), ...summary })}\n`)
    else tellSummary(results, summary, io)
    return summary.failed + summary.errored > 0 ? 1 : 0
  },
}

// ---

interface Summary {
  readonly passed: number
  readonly failed: number
  /** Files that could not be tested. */
  readonly errored: number
  readonly skipped: number
  readonly updated: number
}

function summarise(results: readonly FileResult[], isUpdate: boolean): Summary {
  const cases = results.flatMap((one) => one.cases)
  const wrong = cases.filter((one) => one.problem !== undefined).length
  return {
    passed: cases.length - wrong,
    failed: isUpdate ? 0 : wrong,
    errored: results.filter((one) => one.status === 'errored').length,
    skipped: results.filter((one) => one.status === 'skipped').length,
    updated: isUpdate ? wrong : 0,
  }
}

function tell(result: FileResult, showsDiff: boolean, isQuiet: boolean, io: Io) {
  const color = io.terminal.color.out
  const { file, status, cases } = result
  if (status === 'skipped') {
    if (!isQuiet) io.out(`${paint(`${file}: skipped, ${result.reason}`, 'dim', color)}\n`)
    return
  }
  if (status === 'errored')
    return io.out(`${file}: ${paint('error', 'red', color)}\n${indented(result.reason ?? '')}\n`)
  const passed = cases.filter((one) => one.problem === undefined).length
  io.out(`${file}: ${paint(`${passed}/${cases.length} passed`, passed === cases.length ? 'green' : 'red', color)}\n`)
  for (const one of cases) {
    if (one.problem === undefined) continue
    io.out(`  ${paint('✗', 'red', color)} ${one.name}\n${indented(one.problem)}\n`)
    if (showsDiff) io.out(one.diff.map((line) => `${indented(colored(line, color))}\n`).join(''))
  }
}

function tellSummary(results: readonly FileResult[], summary: Summary, io: Io) {
  const tested = results.filter((one) => one.status === 'tested')
  const optional = (count: number, text: string) => (count > 0 ? [text] : [])
  const lines = [
    '',
    ...tested.map((one) => `${one.file}: ${one.cases.filter(holds).length}/${one.cases.length} passed`),
    '=== Test Summary ===',
    `Files tested: ${tested.length}`,
    ...optional(summary.skipped, `Files skipped: ${summary.skipped}`),
    ...optional(summary.errored, `Files errored: ${summary.errored}`),
    `Total test cases: ${results.flatMap((one) => one.cases).length}`,
    `Passed: ${summary.passed}`,
    `Failed: ${summary.failed}`,
    ...optional(summary.updated, `Updated: ${summary.updated}`),
  ]
  io.out(`${lines.join('\n')}\n`)
}

const holds = (one: CaseResult) => one.problem === undefined

async function update(result: FileResult, io: Io, hint: (text: string) => void) {
  const outputs = new Map(result.cases.flatMap((one) => (holds(one) ? [] : [[one.index, one.actual] as const])))
  if (outputs.size === 0) return
  const text = await updateOutputs(result.text, outputs)
  if (text === undefined)
    return hint(`${result.file}: its cases cannot be updated, since they are not written out in the file`)
  rewriteText(result.file, text, 'the flow', io.cwd)
  hint(`${result.file}: ${outputs.size} updated`)
}

function refuseUnknownCases(wanted: readonly string[], results: readonly FileResult[]) {
  const names = results.flatMap((one) => one.caseNames)
  for (const name of wanted) {
    if (names.includes(name)) continue
    const near = suggest(name, names)
    throw usage(test, `there is no case "${name}"${near ? `. Did you mean "${near}"?` : ''}`)
  }
}

function fileJson({ file, status, reason, cases }: FileResult) {
  return {
    file,
    status,
    ...(reason === undefined ? {} : { reason }),
    cases: cases.map(({ name, problem, actual }) => ({
      name,
      passed: problem === undefined,
      ...(problem === undefined ? {} : { problem, actual }),
    })),
  }
}

function indented(text: string): string {
  return text
    .split('\n')
    .map((line) => `    ${line}`)
    .join('\n')
}

function colored(line: string, color: boolean): string {
  return line[0] === '+' ? paint(line, 'green', color) : line[0] === '-' ? paint(line, 'red', color) : line
}
