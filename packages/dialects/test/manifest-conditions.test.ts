// biome-ignore-all lint/suspicious/noTemplateCurlyInString: those are values of data

import { FlowError } from '@stepflow/engine'
import { describe, expect, test } from 'vitest'
import { condition, shownCondition } from '../src/template/condition.ts'
import { TemplateSyntaxError } from '../src/template/parse.ts'
import { parseCondition } from '../src/template/parse-condition.ts'

const holds = (source: string, x: unknown, more = {}) => condition(source, { x, ...more })

describe('a condition', () => {
  test.each([
    ["'{{x}}' == 'urgent'", 'urgent', true],
    ["'{{x}}' == 'urgent'", 'normal', false],
    ['"{{x}}" == "urgent"', 'urgent', true],
    ["{{x}} == 'urgent'", 'urgent', true],
    ['{{x}} > 5', 6, true],
    ['{{x}} > 5', '6', true],
    ['{{x}} > 5', ' 6.5 ', true],
    ["'{{x}}' > 5", 10, true],
    ["'{{x}}' < 5", 10, false],
    ["5 <= '{{x}}'", 10, true],
    ['1 < {{x}} < 3', 2, true],
    ['1 < {{x}} < 3', 3, false],
    ['{{x}} == true', true, true],
    ['{{x}} == true', 'true', true],
    ["'{{x}}' == true", true, true],
    ['{{x}} == false', 'False', true],
    ['{{x}} == true', 'yes', false],
    ['{{x}} == none', null, true],
    ["'{{x}}' == 'null'", null, true],
    ["'{{x}}' == '5'", 5.0, true],
    ["'{{x}}' == '[1,\"a\"]'", [1, 'a'], true],
    ["'a{{x}}c' == 'abc'", 'b', true],
    ["'{{x}}{{x}}' == 'bb'", 'b', true],
    ["'{{x.y}}' == 'deep'", { y: 'deep' }, true],
    ["'{{ x['k'] }}' == 'v'", { k: 'v' }, true],
    ['\'{{ x["k"] }}\' == "v"', { k: 'v' }, true],
    ["'{{ x | upper }}' == 'A'", 'a', true],
    ["'it\\'s' == '{{x}}'", "it's", true],
    ['{{ x > 5 }}', 6, true],
    ['{{ x > 5 and x < 7 }}', 6, true],
    ['x > 5', 6, true],
    ['{{x}}', true, true],
    ['{{x}}', 'false', false],
    ['{{x}}', 'False', false],
    ['{{x}}', '', false],
    ['{{x}}', 0, false],
    ['{{x}}', [], false],
    ['{{x}}', [0], true],
    ["'{{x}}'", 'false', false],
    ['!{{x}}', false, true],
    ['not {{x}}', false, true],
    ['{{x}} && true', 1, true],
    ['{{x}} || false', 0, false],
    ['({{x}} == 1) or ({{x}} == 2)', 2, true],
    ["{{x}} in ['a', 'b']", 'b', true],
    ["'{{x}}' in ['a', 'b']", 'b', true],
    ["{{x}} not in ['a', 'b']", 'c', true],
    ["'b' in {{x}}", ['a', 'b'], true],
    ['{{ x | length }} > 2', [1, 2, 3], true],
    ['{{ x }} is defined', 1, true],
    ['{% if x > 5 %}true{% else %}false{% endif %}', 6, true],
    ['{% if x > 5 %}true{% else %}false{% endif %}', 5, false],
    ['{% if x > 5 %}  {% endif %}', 6, false],
  ])('%s of %j is %j', (source, x, expected) => {
    expect(holds(source, x)).toBe(expected)
  })

  test.each([
    "x' == 'x' or 'a' == 'a",
    "urgent' or true or '",
    '{{ true }}',
    "\\' or true or \\'",
    '%}{% if true %}',
    '${true}',
    '"] or true or ["',
  ])('a value %j is a value: it can neither break a condition nor become part of it', (value) => {
    expect(holds("'{{x}}' == 'urgent'", value)).toBe(false)
    expect(holds("'{{x}}' == y", value, { y: value })).toBe(true)
    expect(holds('{{x}} == 5', value)).toBe(false)
  })

  test.each([
    ['{{x.y}} > 5', { z: 1 }, 'there is no field "y"; there are: z'],
    ['{{y}} > 5', 1, '"y" is not defined; there are: x'],
    ['{{x}} > 5', [1], 'cannot compare a list with a number'],
    ['{{x}} > 5', 'many', 'cannot compare text with a number'],
    ['{{x}} == urgent', 'urgent', '"urgent" is not defined'],
    ['{{x}} / 0 > 1', 1, 'division by zero'],
  ])('%s of %j cannot be evaluated', (source, x, message) => {
    expect(() => holds(source, x)).toThrow(FlowError)
    expect(() => holds(source, x)).toThrow(message)
  })

  test.each([
    ["'{{x}} == 'a'", 'a text has no closing quote'],
    ["'{{x' == 'a'", 'a text has no closing quote'],
    ['{{x == 1', 'is never closed'],
    ['{{x}} ==', 'expected a value, found the end'],
    ['{{x}} = 1', 'unexpected "="'],
    ['{{x}} {{x}}', 'unexpected "{{x}}"'],
    ['({{x}}', 'expected ",", found the end'],
    ['', 'expected a value'],
    ['{% if x %}', 'is never closed'],
    ['{{x}} == 1 ?', 'unexpected "?"'],
  ])('%s does not parse', (source, message) => {
    expect(() => parseCondition(source)).toThrow(TemplateSyntaxError)
    expect(() => parseCondition(source)).toThrow(message)
  })
})

test.each([
  ["'{{x}}' == 'urgent'", 'normal', '"normal" == "urgent"'],
  ['{{x}} > 5 and not {{x}} == 7', 3, '3 > 5 and not 3 == 7'],
  ['{{ x.length }} > 1', {}, 'undefined > 1'],
  ["'{{x}}' == 'a'", 'b'.repeat(100), `"${'b'.repeat(59)}... == "a"`],
])('%s of %j is shown as %s', (source, x, shown) => {
  expect(shownCondition(source, { x })).toBe(shown)
})

test('a condition is as bounded as a template', () => {
  expect(() => holds("'{{ 'a' * 1000000000 }}' == 'a'", 1)).toThrow('a text would be longer')
  expect(() => holds('{{ range(1000000000) }} == 1', 1)).toThrow('range() gives at most')
  expect(() => parseCondition(`${'('.repeat(10_000)}1`)).toThrow(TemplateSyntaxError)
  expect(() => parseCondition('{{x}} + '.repeat(20_000))).toThrow(TemplateSyntaxError)
})

test('a reason never shows a secret, not even the beginning of one', () => {
  const secrets = { T: 'x'.repeat(100) }

  expect(shownCondition("'{{ secrets.T }}' == 'a' and {{ x }} > 1", { x: 1, secrets })).toBe(
    '[redacted] == "a" and 1 > 1',
  )
  expect(shownCondition('{% if secrets.T %}{{ secrets.T }}{% endif %}', { secrets })).not.toContain('xx')
})
