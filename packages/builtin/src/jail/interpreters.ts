// What runs code, and which files beside /usr it cannot do without. Finds out, starts nothing that stays.

import { execFile } from 'node:child_process'
import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { FlowError } from '@stepflow/engine'
import { JAVASCRIPT, NO_NETWORK } from './javascript.ts'
import { PYTHON } from './python.ts'

export type Language = 'javascript' | 'python'

export interface Interpreter {
  readonly command: string
  readonly args: readonly string[]
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>
  /** Files and folders outside of /usr that it needs; absolute. */
  readonly needs: readonly string[]
}

/** `walls`: around it; the inner ones are always there. */
export async function interpreterOf(
  language: Language,
  memoryMb: number,
  walls: 'outer' | 'inner' = 'outer',
): Promise<Interpreter> {
  if (language === 'python') {
    const { executable, needs } = await findPython()
    return { command: executable, args: ['-I', '-B', '-c', PYTHON], env: FEW_ARENAS, needs }
  }
  const program = walls === 'outer' ? JAVASCRIPT : `${NO_NETWORK}${JAVASCRIPT}`
  const isStable = process.allowedNodeEnvironmentFlags.has('--permission')
  const permission = isStable ? '--permission' : '--experimental-permission'
  const args = [permission, `--max-old-space-size=${memoryMb}`, '--no-warnings', '--eval', program]
  nodeNeeds ??= [realpathSync(process.execPath), ...librariesOfThisProcess()]
  return { command: nodeNeeds[0] as string, args, env: {}, needs: nodeNeeds }
}

// ---

/** Or the C library reserves 64 MB of addresses for each thread, and these count. The program takes it out again. */
const FEW_ARENAS = { MALLOC_ARENA_MAX: '1' }

let nodeNeeds: readonly string[] | undefined
let python: Promise<{ executable: string; needs: readonly string[] }> | undefined

/** The same Node runs code as runs this process: what it has mapped, the other one needs too. */
function librariesOfThisProcess(): string[] {
  if (!existsSync('/proc/self/maps')) return []
  const paths = [...readFileSync('/proc/self/maps', 'utf8').matchAll(/ (\/.*\.so(?:\.[\d.]+)?)$/gm)]
  return [...new Set(paths.map(([, path]) => path as string))] // the group is not optional
}

/** What is called python3 may be a script that needs an environment: it is asked for the interpreter itself. */
const WHERE = `
import json, os, sys, sysconfig
paths = sysconfig.get_paths()
needs = [sys.executable, os.path.join(sys.prefix, "pyvenv.cfg"), paths["purelib"], paths["platlib"], os.path.dirname(os.__file__)]
for prefix in (sys.base_prefix, sys.base_exec_prefix):
    needs += [os.path.join(prefix, "lib"), os.path.join(prefix, getattr(sys, "platlibdir", "lib"))]
print(json.dumps({"executable": sys.executable, "needs": [path for path in needs if os.path.exists(path)]}))
`

function findPython() {
  python ??= new Promise((resolve, reject) => {
    execFile('python3', ['-I', '-c', WHERE], { timeout: 20_000 }, (error, stdout) => {
      if (!error && stdout.trim() !== '') return resolve(JSON.parse(stdout))
      python = undefined
      const message = 'python3 cannot be started: PYTHON_SANDBOX needs Python 3 on this machine'
      reject(new FlowError('COMPONENT_FAILED', message, { retryable: false }))
    })
  })
  return python
}
