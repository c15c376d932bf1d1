// Writes docs/api.md from the docstrings of the public names. `--check` writes nothing and exits with 1 if the page is not
// what it would write; `--json` prints what was read. Reads sources, by the compiler's own interface: no build is needed.

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { API, SymbolFlags } from 'typescript/unstable/sync'
import { root } from './setup.mjs'

const page = join(root, 'docs/api.md')
const project = join(root, 'packages/stepflow/tsconfig.json')
const entries = [
  { from: 'stepflow', file: 'index.ts', about: 'Define workflows and run them.' },
  { from: 'stepflow/sqlite', file: 'sqlite.ts', about: 'Keep their runs in a file.' },
  { from: 'stepflow/testing', file: 'testing.ts', about: 'Test them: without time, without the network.' },
  { from: 'stepflow/client', file: 'client.ts', about: 'Start and follow runs on a server.' },
  { from: 'stepflow/sdk', file: 'sdk.ts', about: 'Serve components to the engine from a process of their own.' },
]

const HEAD = `# API

What a program can import. Made by \`npm run docs\` from the docstrings in the sources; a test runs each example and checks that this page is what would be made. An example imports the names that it uses from these modules; what follows \`//\` after a \`console.log\` is what it prints.`

const api = new API({ cwd: root })
const [{ program, checker }] = api.updateSnapshot({ openProject: project }).getProjects()
const read = entries.map(readEntry)
const text = write(read)
api.close()

const [option] = process.argv.slice(2)
if (option === '--json') process.stdout.write(`${JSON.stringify(read, null, 2)}\n`)
else if (option === '--check') process.exitCode = existsSync(page) && readFileSync(page, 'utf8') === text ? 0 : 1
else writeFileSync(page, text)

// --- reading

function readEntry(entry) {
  const file = program.getSourceFile(join(root, 'packages/stepflow/src', entry.file))
  const names = checker.getExportsOfModule(checker.getSymbolAtLocation(file)).map(readName)
  return { ...entry, names: inOrderOf(file.text, names) }
}

/** Functions, classes and values before types, each in the order in which the entry names them. */
function inOrderOf(source, names) {
  const code = source.replaceAll(/\/\/.*|'[^']*'/g, '')
  const place = ({ name }) => code.search(new RegExp(`\\b${name}\\b`))
  const ordered = names.toSorted((a, b) => place(a) - place(b))
  return [...ordered.filter(({ kind }) => kind !== 'type'), ...ordered.filter(({ kind }) => kind === 'type')]
}

function readName(symbol) {
  const meant = symbol.flags & SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
  const node = meant.declarations[0].resolve()
  // What the entry says of a name stands for what its own file does not say.
  const said = checker.getDocumentationCommentOfSymbol(meant) || checker.getDocumentationCommentOfSymbol(symbol)
  const { prose, examples } = parted(said)
  const tags = checker.getJsDocTagsOfSymbol(meant)
  const told = (tag) => tags.filter(({ name }) => name === tag).map(({ text: words }) => splitTag(words))
  return {
    name: symbol.name,
    kind: kindOf(meant.flags),
    file: relative(root, node.getSourceFile().fileName),
    prose,
    declaration: declarationOf(node),
    parameters: (node.parameters ?? []).map((one) => one.name.text ?? one.name.getText()),
    params: told('param'),
    throws: told('throws'),
    examples,
  }
}

function kindOf(flags) {
  if (flags & SymbolFlags.Function) return 'function'
  if (flags & SymbolFlags.Class) return 'class'
  return flags & SymbolFlags.Variable ? 'value' : 'type'
}

/** What is said, and the code that shows it. */
function parted(comment) {
  const examples = [...comment.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code]) => code.trimEnd())
  return { prose: comment.replace(/^```ts\n[\s\S]*?^```$/gm, '').trim(), examples }
}

function splitTag(words) {
  const said = Array.isArray(words) ? words.map((part) => part.text).join('') : String(words ?? '')
  const [, name = '', about = ''] = /^(\S+)\s+(?:- )?([\s\S]*)$/.exec(said.trim()) ?? []
  return { name, about: about.replaceAll(/\s+/g, ' ') }
}

/** As it is written, without what is done inside. */
function declarationOf(node) {
  const source = node.getSourceFile().text
  if (node.members && /^(?:export )?(?:abstract )?class /.test(node.getText())) return classOf(node, source)
  const whole = node.body ? source.slice(node.getStart(), node.body.getStart()) : node.getText()
  return tidy(/^\w+: \w+ = /.test(whole) ? `const ${whole.replace(/ = [\s\S]*/, '')}` : whole)
}

function classOf(node, source) {
  const members = node.members
    .filter((member) => !/^(?:[a-z]+ )*(?:#|'~|\[)/.test(member.getText()) && !/^declare /.test(member.getText()))
    .map((member) => source.slice(member.pos, member.body ? member.body.getStart() : member.end))
    .map((member) => `  ${tidy(member).replace(/ = '[^']*'$/, '')}`)
  return `${tidy(source.slice(node.getStart(), node.members.pos))}\n${members.join('\n')}\n}`
}

function tidy(code) {
  return code
    .replace(/^export (?:async (?=function))?/, '')
    .replaceAll(/^\s*\/\/ biome-ignore.*\n/gm, '')
    .replaceAll(/\{@link (\w+)\}/g, '$1')
    .trim()
}

// --- writing

function write(all) {
  const parts = all.map(({ from, about, names }) => {
    const values = names.filter(({ kind }) => kind !== 'type').map(section)
    const types = names.filter(({ kind }) => kind === 'type').map(section)
    return [`## ${from}`, about, ...values, `### Types of ${from}`, ...types].join('\n\n')
  })
  const lists = all.map(({ from, names }) => {
    const links = names
      .filter(({ kind }) => kind !== 'type')
      .map(({ name }) => `[${name}](#${name.toLowerCase()})`)
      .join(', ')
    return `- \`${from}\`: ${links}`
  })
  return `${[HEAD, lists.join('\n'), ...parts].join('\n\n')}\n`
}

function section({ name, kind, prose, declaration, params, throws, examples }) {
  const parts = [`${kind === 'type' ? '####' : '###'} ${name}`, prose, fenced('typescript', declaration)]
  if (params.length > 0) parts.push(params.map((one) => `- \`${one.name}\`: ${one.about}`).join('\n'))
  if (throws.length > 0) parts.push(`Fails with ${throws.map((one) => `\`${one.name}\` ${one.about}`).join('; ')}`)
  parts.push(...examples.map((code) => fenced('ts', code)))
  return parts.filter(Boolean).join('\n\n')
}

function fenced(language, code) {
  return `\`\`\`${language}\n${code}\n\`\`\``
}
