// `transform`: what the small language means, and that it reaches nothing else.

import { FlowError } from '@stepflow/engine'
import { expect, test } from 'vitest'
import { checkTransform, transform } from '../src/functions/transform.ts'

const input = { analysis_type: 'risk', n: 2, tags: ['a', 'b'], user: { name: 'Ann', none: null } }
const problem = (source: string) => checkTransform(source).problems.join('; ')

test.each([
  ['"Perform " + $.analysis_type + " analysis on: " + x', 'text', 'Perform risk analysis on: text'],
  ['x * 2 + 1', 3, 7],
  ['x + 1', 1, 2],
  ['"n=" + 1.5 + true + null', 0, 'n=1.5truenull'],
  ['"" + x', { a: [1] }, '{"a":[1]}'],
  ['x % 3', 7, 1],
  ['-x', 3, -3],
  ['x > 2 && x < 5', 3, true],
  ['x == "a" || !x', '', true],
  ['x ? "yes" : "no"', 0, 'no'],
  ['x ? "yes" : "no"', [], 'yes'],
  ['x || "default"', '', 'default'],
  ["$['user'].name", null, 'Ann'],
  ['$.tags[1]', null, 'b'],
  ['$.user.none', null, null],
  ['x[0]', ['a'], 'a'],
  ['x == $.tags', ['a', 'b'], true],
  ['x != null', null, false],
  ['upper(x) + lower("AB") + trim(" c ")', 'x', 'Xabc'],
  ['length(x)', 'abc', 3],
  ['length($.user)', null, 2],
  ['join($.tags, "-")', null, 'a-b'],
  ['split(x, ",")[1]', 'a,b', 'b'],
  ['contains(x, "b")', 'abc', true],
  ['contains($.tags, "z")', null, false],
  ['contains($.user, "name")', null, true],
  ['round(x)', 2.5, 3],
  ['round(x, 2)', 2.567, 2.57],
  ['min(x, 2)', 3, 2],
  ['max(x)', [1, 9, 3], 9],
  ['keys($.user)', null, ['name', 'none']],
  ['values(x)', { a: 1 }, [1]],
  ['json(x)', { a: [1, 'b'] }, '{"a":[1,"b"]}'],
  ['parse_json(x).a', '{"a": 1}', 1],
  ['[x, 1]', 0, [0, 1]],
  [`x + "${'('.repeat(300)}"`, '', '('.repeat(300)],
])('%s of %j is %j', (source, x, expected) => {
  expect(problem(source)).toBe('')
  expect(transform(source, x, input)).toEqual(expected)
})

test.each([
  ['', 'empty'],
  ['"a" +', 'does not parse'],
  ['y + 1', '"y" is not defined'],
  ['upprr(x)', 'Did you mean "upper"'],
  ['upper', 'is a function'],
  ['upper(x, 1)', 'takes 1 value'],
  ['x.upper()', 'write upper(x)'],
  ['x.toString()', 'only functions can be called'],
  ['x y', 'more than one expression'],
  ['this', '"this"'],
  ['process.exit()', 'only functions can be called'],
  ['process.env', '"process" is not defined'],
  [`x${'.a'.repeat(5000)}`, 'too long'],
  [`x${'+1'.repeat(5000)}`, 'too long'],
  ['constructor', 'not defined'],
  ['__proto__', 'not defined'],
  ['x | 1', '"|" is not supported'],
  ['`a`', 'does not parse'],
  ['(x) => x', 'does not parse'],
  ['x = 1', 'does not parse'],
  [`${'('.repeat(5000)}x${')'.repeat(5000)}`, 'nested'],
  [`${'!'.repeat(5000)}x`, 'nested'],
  ['x'.repeat(30_000), 'longer'],
])('%j is a mistake that is found at load time', (source, message) => {
  expect(problem(source)).toContain(message)
})

test('all mistakes of one expression are told', () => {
  expect(checkTransform('y + nope(z)').problems).toHaveLength(3)
})

test.each([
  ['x.nope', { a: 1 }, '"nope", which is not there; there are: a'],
  ['x.nope', 'abc', '"nope", which is not there; the value is text'],
  ['x.nope', null, 'the value is null'],
  ['x.constructor', {}, 'not there'],
  ['x["__proto__"]', {}, 'not there'],
  ['x.length', 'abc', 'not there'],
  ['x[5]', [1], 'not there'],
  ['x[-1]', [1], 'not there'],
  ['x - 1', 'a', 'needs numbers'],
  ['x + 1', null, 'cannot add'],
  ['x / 0', 1, 'not a number'],
  ['x < 1', 'a', 'cannot compare'],
  ['upper(x)', 1, 'needs text'],
  ['parse_json(x)', '{', 'not JSON'],
  ['min(x)', [], 'of nothing'],
])('%s of %j fails as an expression', (source, x, message) => {
  let thrown: unknown
  try {
    transform(source, x, input)
  } catch (error) {
    thrown = error
  }
  expect(FlowError.is(thrown) && thrown.code).toBe('EXPRESSION_FAILURE')
  expect((thrown as Error).message).toContain(message)
})

test('own fields called like the prototype are fields', () => {
  expect(transform('x["__proto__"].a', JSON.parse('{"__proto__": {"a": 1}}'))).toBe(1)
})

test('it is known whether the input is read', () => {
  expect(checkTransform('x + 1').readsInput).toBe(false)
  expect(checkTransform('x + $.a').readsInput).toBe(true)
})

test('what is wrong with a number of values or an index is said in plain numbers', () => {
  expect(problem('min()')).toContain('min() takes at least 1 value, not 0')
  expect(problem('upper()')).toContain('upper() takes 1 value, not 0')
  expect(() => transform('x[5]', [1, 2], input)).toThrow('transform reads 5, which is not there; it is a list of 2')
})
