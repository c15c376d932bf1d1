// The pages say what is true: their flows load and pass their own cases, their drawings are what the program draws, their
// commands have the options they show, and what they name is there.

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { compile } from '@stepflow/dialects'
import type { Diagnostic } from '@stepflow/engine'
import { afterAll, describe, expect, test } from 'vitest'
import { root, stepflow } from './stepflow.ts'

type Finding = Pick<Diagnostic, 'level' | 'code' | 'message'>

interface Block {
  readonly language: string
  readonly text: string
  readonly line: number
}

const pages = ['README.md', 'CONTRIBUTING.md', ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)].filter(
  (name) => name.endsWith('.md'),
)
mkdirSync(join(root, 'tmp'), { recursive: true })
// Inside the checkout, so that a page's program finds the packages it imports.
const scratch = mkdtempSync(join(root, 'tmp', 'docs-'))
afterAll(() => rmSync(scratch, { recursive: true }))

const env = { ...process.env, PYTHONPATH: join(root, 'sdks/python') }
const run = (args: readonly string[], cwd = root) =>
  spawnSync(process.execPath, [stepflow, ...args], { cwd, env, encoding: 'utf8' })

for (const page of pages) {
  const text = readFileSync(join(root, page), 'utf8')
  const blocks = blocksOf(text)
  const folder = join(scratch, page.replaceAll(/\W/g, '-'))
  mkdirSync(folder)
  for (const block of blocks) {
    const name = fileOf(block)
    if (name) writeFileSync(join(folder, name), block.text)
  }

  describe(page, () => {
    const flows = blocks.filter(isFlow)
    for (const flow of flows) {
      const file = `line-${flow.line}.yaml`
      writeFileSync(join(folder, file), flow.text)

      test(`the flow at line ${flow.line} loads`, () => {
        const { stdout } = run(['validate', file, '--json'], folder)
        const { diagnostics } = JSON.parse(stdout) as { diagnostics: Finding[] }
        // What a flow's own cases bring along is not there for anybody else.
        const isMocked = /^ {2}config:/m.test(flow.text)
        const isExpected = ({ level, code }: Finding) =>
          level === 'hint' || (isMocked && code === 'COMPONENT_NOT_FOUND')
        expect(diagnostics.filter((finding) => !isExpected(finding))).toEqual([])
      })
    }

    for (const [i, shown] of blocks.entries()) {
      if (shown.language !== 'json' || !/^ {2}"entry"/m.test(shown.text)) continue
      test(`the plan at line ${shown.line} is that of the flow before it`, () => {
        const { plan } = compile(blocks.slice(0, i).findLast(isFlow)?.text ?? '')
        const withoutPlaces = JSON.stringify(plan, (key, value) => (key === 'origin' ? undefined : value))
        expect(JSON.parse(shown.text)).toEqual(JSON.parse(withoutPlaces))
      })
    }

    const tested = flows.filter(({ text }) => /^test:/m.test(text)).map(({ line }) => `line-${line}.yaml`)
    test.runIf(tested.length > 0)(
      'its flows pass their cases',
      () => {
        const { status, stdout } = run(['test', '--diff', ...tested], folder)
        expect(status, stdout).toBe(0)
      },
      60_000,
    )

    for (const [i, drawing] of blocks.entries()) {
      if (drawing.language !== 'mermaid') continue
      test(`the drawing at line ${drawing.line} is that of the flow before it`, async () => {
        const shown = blocks.slice(0, i).findLast((block) => isFlow(block) || isProgram(block)) as Block
        const drawn = isProgram(shown)
          ? await drawnByItself(join(folder, fileOf(shown) as string))
          : run(['visualize', `line-${shown.line}.yaml`, '--format', 'mermaid'], folder).stdout
        expect(drawing.text.trim()).toBe(drawn.trim())
      })
    }

    for (const name of blocks.map(fileOf).filter((name) => name?.endsWith('.test.mjs')) as string[]) {
      test(`the tests in ${name} pass`, () => {
        const { status, stdout } = spawnSync(process.execPath, ['--test', name], { cwd: folder, encoding: 'utf8' })
        expect(status, stdout).toBe(0)
      })
    }

    test('its commands are there, with the options that it shows', () => {
      const shell = blocks.filter(({ language }) => language === 'sh').map((block) => block.text)
      const scripts = Object.keys(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).scripts)
      for (const [, script] of text.matchAll(/npm run ([a-z:]+)/g)) expect(scripts).toContain(script)
      for (const [, command = '', rest = ''] of shell.join('\n').matchAll(/^npx stepflow ([a-z]+)([^#\n]*)/gm)) {
        const { status, stdout } = run([command, '--help'])
        expect(status, command).toBe(0)
        for (const [option] of rest.replace(/'[^']*'/g, '').matchAll(/--[a-z-]+/g)) expect(stdout).toContain(option)
      }
    })

    test('what it links to is there', () => {
      for (const [, target = ''] of withoutBlocks(text).matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^[a-z]+:/.test(target)) continue
        const [path = '', anchor] = target.split('#')
        const file = path === '' ? join(root, page) : resolve(root, dirname(page), path)
        expect(existsSync(file), target).toBe(true)
        if (anchor !== undefined) expect(anchorsOf(readFileSync(file, 'utf8')), target).toContain(anchor)
      }
    })

    test('the paths that it names are there', () => {
      for (const [, path = ''] of text.matchAll(
        /`((?:packages|docs|test|scripts|bench|examples|conformance)\/[^`\s]*)`/g,
      )) {
        if (/[*{<]|[A-Z]{2}/.test(path)) continue
        expect(existsSync(join(root, path)), path).toBe(true)
      }
    })
  })
}

test('the page on components has all that are built in', () => {
  const text = readFileSync(join(root, 'docs/components.md'), 'utf8')
  const { stdout } = run(['components', '--json'], scratch)
  const names = (JSON.parse(stdout) as { path: string }[]).map(({ path }) => path.split('/')[2])
  expect([...new Set(names)].filter((name) => !text.includes(`\`${name}`))).toEqual([])
})

describe('the map in CONTRIBUTING.md', () => {
  const map = mapOf(readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8'))

  test('leads to what is there', () => {
    for (const path of map) expect(existsSync(join(root, path)), path).toBe(true)
  })

  test('leaves no room out', () => {
    const packages = foldersIn('packages').flatMap((name) => [name, ...foldersBelow(`${name}/src`)])
    const others = ['conformance', 'examples', 'bench', 'scripts', 'test', 'docs', 'sdks', 'web'].filter((name) =>
      existsSync(join(root, name)),
    )
    expect([...packages, ...others].filter((path) => !map.includes(path))).toEqual([])
  })
})

// ---

function blocksOf(text: string): Block[] {
  return [...text.matchAll(/^```(\w*)[^\n]*\n([\s\S]*?)^```$/gm)].map((match) => ({
    language: match[1] ?? '',
    text: match[2] ?? '',
    line: text.slice(0, match.index).split('\n').length,
  }))
}

function withoutBlocks(text: string): string {
  return text.replace(/^```[\s\S]*?^```$/gm, '').replace(/`[^`\n]*`/g, '')
}

/** A block that opens with `# name.yml` or `// name.mjs` is that file, beside the page's flows. */
function fileOf({ text }: Block): string | undefined {
  return /^(?:#|\/\/) ([\w.-]+\.(?:ya?ml|json|mjs|js|ts|py))$/m.exec(text.split('\n', 1)[0] ?? '')?.[1]
}

function isFlow({ language, text }: Block): boolean {
  return language === 'yaml' && /^steps:/m.test(text)
}

/** A file that exports a step function or a typed flow. */
function isProgram(block: Block): boolean {
  return block.language === 'ts' && fileOf(block) !== undefined && /new StepFunction|defineFlow\(/.test(block.text)
}

async function drawnByItself(file: string): Promise<string> {
  const exported = Object.values((await import(file)) as Record<string, { visualize?: () => string }>)
  return exported.find((one) => one.visualize)?.visualize?.() ?? 'it exports nothing that can be drawn'
}

/** As GitHub makes them. */
function anchorsOf(text: string): string[] {
  return [...withoutCode(text).matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\w\s-]/g, '')
      .trim()
      .replace(/\s/g, '-'),
  )
}

function withoutCode(text: string): string {
  return text.replace(/^```[\s\S]*?^```$/gm, '')
}

/** Paths of the indented tree: names that end with a slash are folders, what follows two spaces is prose. */
function mapOf(text: string): string[] {
  const tree = blocksOf(text).find((block) => /^packages\//m.test(block.text))?.text ?? ''
  const open: string[] = []
  return tree.split('\n').flatMap((line) => {
    const [, indent = '', name] = /^( *)([\w./@-]+\/)(?:\s|$)/.exec(line) ?? []
    if (!name) return []
    open.length = indent.length / 2
    open.push(name.replace(/\/$/, ''))
    return [open.join('/')]
  })
}

/** With something in them: git knows no empty ones. */
function foldersIn(path: string): string[] {
  return readdirSync(join(root, path))
    .map((name) => `${path}/${name}`)
    .filter((name) => statSync(join(root, name)).isDirectory() && readdirSync(join(root, name)).length > 0)
}

function foldersBelow(path: string): string[] {
  if (!existsSync(join(root, path))) return []
  return foldersIn(path).flatMap((name) => [name, ...foldersBelow(name)])
}
