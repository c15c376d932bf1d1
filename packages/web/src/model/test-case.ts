// What a run was given and what came of it, as a case of the flow's tests.

import type { Item } from '@stepflow/api'
import type { Json } from '@stepflow/engine'

export function testCase({ input, result }: Pick<Item, 'input' | 'result'>, run: string): Json {
  const output =
    result?.outcome === 'success'
      ? { outcome: 'success', result: result.result as Json }
      : result?.outcome === 'failed'
        ? { outcome: 'failed', error: { code: result.error.code } }
        : { outcome: result?.outcome ?? 'success' }
  return { name: `from ${run}`, input: (input ?? null) as Json, output }
}
