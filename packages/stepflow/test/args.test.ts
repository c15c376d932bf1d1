import { expect, test } from 'vitest'
import { countOption, flowFile, parseArgs } from '../src/cli/args.ts'
import type { Command } from '../src/cli/command.ts'
import { test as testCommand } from '../src/cli/commands/test.ts'
import { validate } from '../src/cli/commands/validate.ts'

const command: Command = {
  name: 'run',
  summary: 'runs a flow',
  operands: 'FLOW',
  options: [
    { name: 'flow', value: 'FILE', does: 'the flow' },
    { name: 'max-concurrent', aliases: ['max-concurrency'], value: 'N', does: 'items at once' },
    { name: 'overrides-json', value: 'JSON', many: true, does: 'a patch' },
    { name: 'order', value: 'ORDER', choices: ['input', 'completion'], does: 'the order' },
    { name: 'resume', value: 'RUN', bare: '', does: 'go on' },
    { name: 'output', short: 'o', value: 'FILE', does: 'where to' },
    { name: 'env-variables', does: 'from the environment' },
  ],
  examples: [],
  run: async () => 0,
}
const parse = (...words: string[]) => parseArgs(command, words)

test('a value may follow its option or stand behind an equals sign', () => {
  expect(parse('--flow', 'a.yaml').value('flow')).toBe('a.yaml')
  expect(parse('--flow=a=b.yaml').value('flow')).toBe('a=b.yaml')
  expect(parse('-o', 'x').value('output')).toBe('x')
  expect(parse('-ox').value('output')).toBe('x')
})

test('an alias is read under the name of its option', () => {
  expect(parse('--max-concurrency=3').value('max-concurrent')).toBe('3')
})

test('an option that may repeat keeps every value in order', () => {
  expect(parse('--overrides-json', '1', '--overrides-json=2').values('overrides-json')).toEqual(['1', '2'])
})

test('an option that may not repeat is refused the second time, under either name', () => {
  expect(() => parse('--max-concurrent=1', '--max-concurrency=2')).toThrow('--max-concurrency is given twice')
})

test('a misspelt option is refused with the one that was meant', () => {
  expect(() => parse('--max-concurent', '3')).toThrow('Did you mean "--max-concurrent"?')
})

test('an option at the end without its value says that it needs one', () => {
  expect(() => parse('--flow')).toThrow('--flow needs a value: --flow FILE')
})

test('an option is not taken for the value of the one before it', () => {
  expect(() => parse('--flow', '--order', 'input')).toThrow('--flow needs a value')
  expect(() => parse('--flow', '-o', 'x')).toThrow('--flow needs a value')
  expect(parse('--flow', '-').value('flow')).toBe('-')
})

test('an option that may stand alone takes the next word only if it is one of its choices', () => {
  const schemas = { name: 'schemas', value: 'BOOL', bare: 'true', choices: ['true', 'false'], does: 'schemas too' }
  const read = (...words: string[]) => parseArgs({ ...command, options: [...command.options, schemas] }, words)

  expect(read('--schemas', 'false').value('schemas')).toBe('false')
  expect(read('--schemas', 'flow.yaml')).toMatchObject({ operands: ['flow.yaml'] })
  expect(read('--schemas', 'flow.yaml').value('schemas')).toBe('true')
  expect(read('--resume', 'flow.yaml')).toMatchObject({ operands: ['flow.yaml'] })
})

test('a switch refuses a value', () => {
  expect(() => parse('--env-variables=yes')).toThrow('takes no value')
})

test('a switch can be taken back with --no-', () => {
  expect(parse('--env-variables').has('env-variables')).toBe(true)
  expect(parse('--env-variables', '--no-env-variables').has('env-variables')).toBe(false)
})

for (const other of [testCommand, validate]) {
  test(`an option that ${other.name} has not, but another command has, is refused with what to do instead`, () => {
    for (const words of [['--store', 'sqlite:a.db'], ['--store=memory']]) {
      expect(() => parseArgs(other, ['a.yaml', ...words])).toThrow(
        /has no option --store: .*; to record a run: stepflow run flow\.yaml --store sqlite:PATH/,
      )
    }
    expect(() => parseArgs(other, ['--toString'])).toThrow('unknown option "--toString"')
  })
}

test('a value outside the choices is refused with the nearest one', () => {
  expect(() => parse('--order=compleetion')).toThrow('did you mean "completion"?')
})

test('an option whose value may be left out does not eat the next word', () => {
  const args = parse('--resume', 'flow.yaml')
  expect(args.value('resume')).toBe('')
  expect(args.operands).toEqual(['flow.yaml'])
})

test('words after -- are operands even if they look like options', () => {
  expect(parse('--', '--flow').operands).toEqual(['--flow'])
})

test('one argument too many is refused by name', () => {
  expect(() => parse('a.yaml', 'b.yaml')).toThrow('one argument too many: "b.yaml"')
})

test('the flow may be the first argument or an option, but not both', () => {
  expect(flowFile(command, parse('a.yaml'))).toBe('a.yaml')
  expect(flowFile(command, parse('--flow=a.yaml'))).toBe('a.yaml')
  expect(() => flowFile(command, parse('a.yaml', '--flow=b.yaml'))).toThrow('given twice')
  expect(() => flowFile(command, parse())).toThrow('needs a flow file')
})

test('a count must be a whole number of at least 1', () => {
  expect(countOption(command, parse('--max-concurrent=8'), 'max-concurrent')).toBe(8)
  for (const bad of ['0', '-1', '1.5', 'many', '1e3', '']) {
    expect(() => countOption(command, parse(`--max-concurrent=${bad}`), 'max-concurrent')).toThrow('whole number')
  }
})
