// A step as a form: a field for each property of its component's input, and the step's own keys. Each change is one of the text.

import type { ComponentList } from '@stepflow/api'
import type { Operation } from '@stepflow/dialects/edit'
import { isRecord, type Json, triggerRules } from '@stepflow/engine'
import { Ellipsis, X } from 'lucide-react'
import { type ReactElement, type ReactNode, useState } from 'react'
import type { Schema } from '../../model/fields.ts'
import { type Reference, shortValue } from '../../model/references.ts'
import { Button } from '../../parts/button.tsx'
import { Menu } from '../../parts/floating.tsx'
import type { WrittenStep } from '../../worker/compile.worker.ts'
import { TryBox } from './try-box.tsx'
import { Typed, ValueField } from './value-field.tsx'

export interface StepFormProps {
  readonly step: WrittenStep
  /** Of the flow that it is in. */
  readonly isManifest: boolean
  readonly line: number | undefined
  readonly needs: readonly string[]
  readonly component: ComponentList['components'][number] | undefined
  readonly references: readonly Reference[]
  readonly mayRun: boolean
  readonly isReadOnly: boolean
  /** What stands in for it in runs here. */
  readonly pinned: Json | undefined
  /** What it gave last. */
  readonly sample: { readonly value: unknown } | undefined
  readonly onChange: (operation: Operation) => void
  readonly onPin: (value: Json | undefined) => void
  readonly onTest: () => void
  readonly onRename: () => void
  readonly onConnect: () => void
  readonly onTry: (expression: Json) => Promise<unknown>
  readonly onClose: () => void
}

export function StepForm(props: StepFormProps): ReactElement {
  const { step, isManifest, line, needs, component, sample, pinned, onPin, onChange, onClose } = props
  const { id, data } = step
  const called = isManifest ? data.tool : data.component
  return (
    <form className="panel step-form" aria-label={`Step ${id}`} onSubmit={(event) => event.preventDefault()}>
      <div className="top">
        <div className="row">
          <h2 className="cut fill">{id}</h2>
          {props.mayRun ? (
            <Button dense onPress={props.onTest}>
              Test step
            </Button>
          ) : null}
          {props.isReadOnly ? null : (
            <Menu
              label="Step"
              button={
                <Button look="bare" square aria-label={`More about ${id}`}>
                  <Ellipsis size={16} />
                </Button>
              }
              entries={[
                { id: 'rename', word: 'Rename (F2)', onAction: props.onRename },
                { id: 'connect', word: 'Connect to a step (Alt C)', onAction: props.onConnect },
                ...(sample === undefined && pinned === undefined
                  ? []
                  : [
                      {
                        id: 'pin',
                        word: pinned === undefined ? 'Pin its last output' : 'Take the pin away',
                        onAction: () => onPin(pinned === undefined ? (sample?.value as Json) : undefined),
                      },
                    ]),
                { id: 'delete', word: 'Delete', isDanger: true, onAction: () => onChange({ op: 'delete', step: id }) },
              ]}
            />
          )}
          <Button look="bare" square aria-label="Close" onPress={onClose}>
            <X size={16} />
          </Button>
        </div>
        <p className="ink-2 small wraps-lines">
          <span className="mono">{typeof called === 'string' ? called : ''}</span>
          {line === undefined ? '' : `, line ${line}`}
          {needs.length === 0 ? '' : `, needs ${needs.join(', ')}`}
        </p>
        {sample === undefined ? null : (
          <p className="ink-3 small">
            gave last: <span className="mono">{shortValue(sample.value)}</span>
            {pinned === undefined ? '' : ', pinned'}
          </p>
        )}
      </div>
      <fieldset className="section bare-fields" disabled={props.isReadOnly}>
        <InputFields {...props} schema={component?.inputSchema} />
      </fieldset>
      <fieldset className="bare-fields" disabled={props.isReadOnly}>
        <OwnKeys {...props} />
      </fieldset>
    </form>
  )
}

// ---

function InputFields(props: StepFormProps & { readonly schema: unknown }): ReactElement {
  const { step, isManifest, schema, references, onChange } = props
  const { id, data } = step
  const { input } = data
  const properties = ((schema as Schema | undefined)?.properties ?? {}) as Readonly<Record<string, unknown>>
  const required = (schema as { readonly required?: readonly string[] } | undefined)?.required ?? []
  const isNamed = input === undefined || input === null || isPlainMap(input)
  const set = (path: readonly string[]) => (value: Json | undefined) =>
    onChange(value === undefined ? { op: 'unset', step: id, path } : { op: 'set', step: id, path, value })
  if (Array.isArray(input) && isManifest)
    return <p className="ink-2">Its input is a list: it is changed in the text.</p>
  if (!isNamed || (Object.keys(properties).length === 0 && !hasFields(input))) {
    return (
      <ValueField
        label="input"
        schema={Object.keys(properties).length === 0 ? {} : schema}
        value={input}
        isManifest={isManifest}
        references={references}
        onChange={set(['input'])}
      />
    )
  }
  const given = (input ?? {}) as Readonly<Record<string, Json>>
  const names = [...new Set([...Object.keys(properties), ...Object.keys(given)])]
  // First what has to be there, then what is.
  const first = [
    ...names.filter((name) => required.includes(name)),
    ...names.filter((name) => Object.hasOwn(given, name) && !required.includes(name)),
  ]
  const rest = names.filter((name) => !first.includes(name))
  const field = (name: string) => (
    <ValueField
      key={name}
      label={name}
      schema={properties[name] ?? {}}
      isRequired={required.includes(name)}
      value={Object.hasOwn(given, name) ? given[name] : undefined}
      isManifest={isManifest}
      references={references}
      onChange={set(['input', name])}
    />
  )
  return (
    <>
      {first.map(field)}
      {rest.length === 0 ? null : (
        <details open={first.length === 0}>
          <summary>
            {rest.length} more {rest.length === 1 ? 'field' : 'fields'}
          </summary>
          {rest.map(field)}
        </details>
      )}
    </>
  )
}

/** What every step can have, in groups that say what is in them. */
function OwnKeys(props: StepFormProps): ReactElement {
  const { step, isManifest, references, onChange, onTry } = props
  const { id, data } = step
  const spelt = (key: string, ...others: string[]) => [key, ...others].find((one) => Object.hasOwn(data, one)) ?? key
  const put = (path: readonly string[], value: Json | undefined) =>
    onChange(value === undefined ? { op: 'unset', step: id, path } : { op: 'set', step: id, path, value })
  const whenKey = spelt('when', 'skip_if', 'skipIf', 'skip')
  const loopKey = spelt(isManifest ? 'forEach' : 'for_each', isManifest ? 'for_each' : 'forEach')
  const errorKey = spelt('on_error', 'onError')
  const needsKey = spelt('needs', 'depends_on', 'dependsOn')
  const needs = [data[needsKey] ?? []].flat() as readonly Json[]
  const retry = isPlainMap(data.retry) ? data.retry : {}
  const onError = data[errorKey]
  const action = isPlainMap(onError) ? onError.action : onError
  const rule = data[spelt('trigger_rule', 'triggerRule')]
  const loop = data[loopKey]
  const text = (label: string, path: readonly string[], value: Json | undefined, hint: string, isNumber = false) => (
    <div className="named">
      <span>{label}</span>
      <Typed
        label={label}
        text={value === undefined || value === null ? '' : String(value)}
        type={isNumber ? 'number' : 'text'}
        placeholder={hint}
        read={(typed) => (typed === '' ? undefined : isNumber ? Number(typed) : typed)}
        onChange={(next) => put(path, next)}
      />
    </div>
  )
  const choice = (label: string, path: readonly string[], value: Json | undefined, choices: readonly string[]) => (
    <div className="named labelled">
      <span>{label}</span>
      <select
        aria-label={label}
        value={typeof value === 'string' ? value : ''}
        onChange={(event) => put(path, event.target.value === '' ? undefined : event.target.value)}
      >
        <option value="">not set</option>
        {choices.map((one) => (
          <option key={one}>{one}</option>
        ))}
      </select>
    </div>
  )
  const whenText = data[whenKey] === undefined ? 'always' : whenKey === 'when' ? 'if' : 'unless'
  const attempts = retry.max_attempts ?? retry.maxAttempts
  return (
    <>
      <Group title="When, needs" says={`${whenText}${needs.length === 0 ? '' : `, after ${needs.join(', ')}`}`}>
        <ValueField
          label={whenKey}
          schema={{}}
          value={data[whenKey]}
          isManifest={isManifest}
          references={references}
          onChange={(value) => put([whenKey], value)}
        />
        <TryBox expression={data[whenKey]} onTry={onTry} />
        {needs.length === 0 ? null : (
          <ul className="row needs" aria-label="Needs">
            {needs.map((need) => (
              <li key={String(need)}>
                <Button
                  dense
                  aria-label={`Remove the need for ${need}`}
                  onPress={() => onChange({ op: 'disconnect', from: String(need), to: id })}
                >
                  {String(need)}
                  <X size={12} />
                </Button>
              </li>
            ))}
          </ul>
        )}
        {choice('trigger_rule', [spelt('trigger_rule', 'triggerRule')], rule, triggerRules)}
      </Group>
      <Group
        title="Retry, timeout, on error"
        says={
          [
            attempts === undefined ? undefined : `${attempts} attempts`,
            data.timeout === undefined ? undefined : String(data.timeout),
            typeof action === 'string' ? action : undefined,
          ]
            .filter((part) => part !== undefined)
            .join(', ') || 'off'
        }
      >
        {text(
          'max_attempts',
          ['retry', Object.hasOwn(retry, 'maxAttempts') ? 'maxAttempts' : 'max_attempts'],
          attempts,
          '1',
          true,
        )}
        {text('delay', ['retry', 'delay'], retry.delay, '1s')}
        {choice('backoff', ['retry', 'backoff'], retry.backoff, ['fixed', 'exponential', 'fibonacci'])}
        {text('timeout', ['timeout'], data.timeout, '30s')}
        {choice('on_error', isPlainMap(onError) ? [errorKey, 'action'] : [errorKey], action, [
          'fail',
          'continue',
          'skip',
          'retry',
        ])}
      </Group>
      <Group title="For each" says={loop === undefined ? 'off' : 'on'}>
        <ValueField
          label={loopKey}
          schema={{}}
          value={isPlainMap(loop) && Object.hasOwn(loop, 'items') ? loop.items : loop}
          isManifest={isManifest}
          references={references}
          onChange={(value) =>
            put(
              isPlainMap(loop) && Object.hasOwn(loop, 'items') && value !== undefined ? [loopKey, 'items'] : [loopKey],
              value,
            )
          }
        />
      </Group>
      <Group title="Cache" says={data.cache === undefined ? 'off' : 'on'}>
        {text('ttl', ['cache', 'ttl'], isPlainMap(data.cache) ? data.cache.ttl : undefined, '1h')}
      </Group>
    </>
  )
}

function Group({ title, says, children }: { title: string; says: string; children: ReactNode }): ReactElement {
  const [isOpen, setOpen] = useState(false)
  return (
    <details className="group-of-keys" open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <span>{title}</span>
        <span className="ink-3 small cut">{says}</span>
      </summary>
      {isOpen ? children : null}
    </details>
  )
}

function isPlainMap(value: unknown): value is Readonly<Record<string, Json>> {
  return isRecord(value) && !Object.keys(value).some((key) => key.startsWith('$'))
}

function hasFields(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0
}
