// What is particular to manifests, for the compiler that they share with flows.

import { allRefs, type Expr, isRecord, literal, own } from '@stepflow/engine'
import { guard } from '../builder.ts'
import { didYouMean } from '../findings.ts'
import { keyTable } from '../keys.ts'
import { pathText } from '../paths.ts'
import { kindOfNode, textOf } from '../source/node.ts'
import type { CompiledStep } from '../stepflow/compile-step.ts'
import { doneOf, type Language } from '../stepflow/language.ts'
import { type FlowNames, inputRef, type Scope } from '../stepflow/scope.ts'
import type { FlowShape } from '../stepflow/shape.ts'
import { STEP_KEYS, type StepShape } from '../stepflow/step-shape.ts'
import { conditional, conditionReadsLoop } from './conditions.ts'
import { holdsTemplate, type Parameter, withParameters } from './parameters.ts'
import { toolOf } from './tool.ts'
import { readToolCall, type Surroundings } from './tool-use.ts'
import { compileNamed, compileValue } from './values.ts'

export interface ManifestOptions {
  /** Undefined: some route serves it; else why none does. */
  readonly isServed?: ((component: string) => string | undefined) | undefined
  /** The environment has the variable. */
  readonly isSet?: ((variable: string) => boolean) | undefined
}

export function manifestLanguage({ isServed, isSet = () => false }: ManifestOptions): Language {
  const surroundings: Surroundings = {
    isServed: (path) => isServed !== undefined && isServed(path) === undefined,
    isSet,
  }
  return {
    file: 'manifest',
    stepNeeds: '"id" and "tool"',
    stepKeys: MANIFEST_KEYS,
    spelt: (key) => (key === 'for_each' ? 'forEach' : key),
    onFailure: 'drain',
    isTitled: false,
    completed: withParameters,
    check(shape, steps, names) {
      tellImpliedNeeds(shape, steps, names)
      tellUnknownInputs(shape, names)
      tellLists(shape, names)
    },
    readCall: (reading) => readToolCall(reading, surroundings),
    value: compileValue,
    input: compileInput,
    conditional,
    readsLoop: conditionReadsLoop,
    output(field, scope) {
      const value = compileValue(field, scope)
      // The output reads a step that did not succeed as null, like a template under a rule that lets it.
      return guard('all_done', allRefs(value), [], value)
    },
    ends(ends) {
      const [only] = ends
      return only && ends.length === 1 ? { op: 'outcome', step: only[1], path: '$.value' } : doneOf(ends)
    },
  }
}

// ---

/** A flow's, but for the component. */
const MANIFEST_KEYS = new Map([...STEP_KEYS, ...keyTable({ config: [] })].filter(([key]) => key !== 'component'))

function compileInput(step: StepShape, scope: Scope): Expr {
  const tool = toolOf(step)
  switch (tool?.kind) {
    case undefined:
      return literal(null)
    case 'call':
      return 'whole' in tool.given ? compileValue(tool.given.whole, scope) : compileNamed(tool.given.named, scope)
    case 'parameter':
      return parameterValue(step.id, tool.parameter, scope)
    case 'pass':
      return tool.value ? compileValue(tool.value, scope) : literal(null)
  }
}

function parameterValue(id: string, { type, schema, computed, hasSchema }: Parameter, scope: Scope): Expr {
  const otherwise = computed
    ? compileValue(computed, scope)
    : schema.default === undefined
      ? undefined
      : literal(schema.default)
  const value = inputRef(pathText([id]), otherwise, scope)
  return type === 'json' && !hasSchema ? { op: 'call', fn: 'parse_json', args: [value, literal(id)] } : value
}

function tellImpliedNeeds(shape: FlowShape, steps: readonly CompiledStep[], { findings }: FlowNames): void {
  shape.steps.forEach(({ id, needs, trail }, i) => {
    for (const [used, { place }] of steps[i]?.uses ?? []) {
      if (needs.some((need) => need.id === used)) continue
      const message = `step "${id}" reads step "${used}" which its "needs" does not list; it waits for that step anyway`
      findings.add(
        'hint',
        'IMPLIED_NEED',
        message,
        place,
        trail,
        `write needs: [${[...needs.map((n) => n.id), used].join(', ')}]`,
      )
    }
  })
}

/** A text without braces is a text, never a list. */
function tellLists({ steps }: FlowShape, { findings }: FlowNames): void {
  for (const { id, forEach } of steps) {
    const { node, trail } = forEach?.items ?? {}
    if (!node || !trail || node.kind !== 'scalar' || holdsTemplate(node)) continue
    const message = `"forEach" of step "${id}" must be a list or a template that gives one, not ${kindOfNode(node)}`
    const path = /^(?:steps|inputs|item|variables)\.[\w.[\]-]+$/.exec(textOf(node) ?? '')?.[0] ?? 'steps.ID.result'
    findings.error('INVALID_VALUE', message, node, trail, `such as "{{ ${path} }}"`)
  }
}

/** What is read by name but is no parameter; a file that declares none may be given anything. */
function tellUnknownInputs({ schemas }: FlowShape, { findings, inputsRead }: FlowNames): void {
  const properties = own(schemas.input, 'properties')
  if (!isRecord(properties)) return
  const known = Object.keys(properties)
  for (const [name, { owner, isOptional, place, trail }] of inputsRead) {
    if (isOptional || known.includes(name)) continue
    const message = `${owner} reads the input "${name}", which no INPUT_* step declares${didYouMean(name, known)}`
    findings.warning('UNKNOWN_INPUT', message, place, trail, `inputs: ${known.join(', ')}`)
  }
}
