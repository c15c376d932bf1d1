// The small documents of a store.

import type { Json } from '../../json.ts'
import { type Claim, codeOf, type Equal } from './claim.ts'

export function recordsSuite(claim: Claim, equal: Equal): void {
  claim('a record is written by who has read it, and by nobody else', async (store) => {
    const { records } = store
    const put = async (version: number, value: Json) => records.put({ collection: 'flows', key: 'a', version, value })

    const first = await put(0, { text: 'one' })
    equal(await records.get('flows', 'a'), { collection: 'flows', key: 'a', version: first, value: { text: 'one' } })
    equal(await codeOf(() => put(0, 'again')), 'CONFLICT')
    equal(await codeOf(() => put(first + 1, 'of the future')), 'CONFLICT')
    const second = await put(first, ['two', '\u0000', null])
    equal((await records.get('flows', 'a'))?.value, ['two', '\u0000', null])
    equal(await codeOf(() => put(first, 'late')), 'CONFLICT')

    equal(await codeOf(() => records.delete({ collection: 'flows', key: 'a', version: first })), 'CONFLICT')
    await records.delete({ collection: 'flows', key: 'a', version: second })
    await records.delete({ collection: 'flows', key: 'a', version: second })
    equal(await records.get('flows', 'a'), undefined)
    equal(await codeOf(() => put(second, 'of what is gone')), 'CONFLICT')
    const third = await put(0, 'new')
    equal(third !== first && third !== second, true)
  })

  claim('records are listed by collection, in the order of their keys, page by page', async (store) => {
    const { records } = store
    for (const key of ['b', 'd', 'a', 'c']) await records.put({ collection: 'flows', key, version: 0, value: key })
    await records.put({ collection: 'tokens', key: 'b', version: 0, value: null })
    const keys = async (...query: Parameters<typeof records.list>) =>
      (await records.list(...query)).map(({ key }) => key)

    equal(await keys('flows'), ['a', 'b', 'c', 'd'])
    equal(await keys('flows', { limit: 2 }), ['a', 'b'])
    equal(await keys('flows', { after: 'b', limit: 2 }), ['c', 'd'])
    equal(await keys('tokens'), ['b'])
    equal(await keys('secrets'), [])
    equal(await codeOf(() => records.put({ collection: 'flows', key: '', version: 0, value: 1 })), 'INVALID_INPUT')
    equal(await codeOf(() => records.put({ collection: 'flows', key: 'a\0', version: 0, value: 1 })), 'INVALID_INPUT')
  })
}
