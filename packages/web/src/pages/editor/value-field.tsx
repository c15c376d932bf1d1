// A value of a step: written out, taken from the input or another step (chosen, or dragged here), or computed. What is typed reaches the text when the
// field is left.

import type { Json } from '@stepflow/engine'
import { Link2 } from 'lucide-react'
import { type DragEvent, type KeyboardEvent, type ReactElement, useEffect, useId, useState } from 'react'
import { fieldOf, type Schema } from '../../model/fields.ts'
import { type Reference, referenceText, shortValue } from '../../model/references.ts'
import { Choice } from '../../parts/floating.tsx'
import { say } from '../../parts/toasts.tsx'
import { ReferencePicker } from './reference-picker.tsx'
import { DRAGGED } from './values.tsx'

export interface ValueFieldProps {
  readonly label: string
  readonly schema: unknown
  readonly isRequired?: boolean
  readonly value: Json | undefined
  readonly isManifest: boolean
  readonly references: readonly Reference[]
  /** Undefined: it is taken away. */
  readonly onChange: (value: Json | undefined) => void
}

type As = 'value' | 'ref' | 'fx'

export function ValueField(props: ValueFieldProps): ReactElement {
  const { label, schema, isRequired = false, value, isManifest, references, onChange } = props
  const found = kindOf(value, isManifest)
  const [as, setAs] = useState<As>(found)
  useEffect(() => {
    if (value !== undefined) setAs(found)
  }, [value, found])
  const { type, description, default: fallback } = (schema ?? {}) as Schema
  const notes = [
    typeof type === 'string' ? type : undefined,
    isRequired ? 'required' : fallback === undefined ? undefined : `default ${JSON.stringify(fallback)}`,
  ].filter((note) => note !== undefined)
  const reference = referenceText(value, isManifest)
  const known = references.find(({ name }) => name === reference)
  const [isOver, setOver] = useState(false)
  const drop = (event: DragEvent) => {
    setOver(false)
    const dropped = event.dataTransfer.getData(DRAGGED)
    if (dropped === '') return
    event.preventDefault()
    const given = JSON.parse(dropped) as Json
    const step = referenceText(given, isManifest)?.split(/[.[]/)[0]
    const isLater = references.some(({ name, isRefused }) => isRefused === true && name === step)
    if (isLater) say(`${step} comes after this step: it would make a cycle`, { isFault: true })
    else onChange(given)
  }
  return (
    <div
      className={isOver ? 'value-field over' : 'value-field'}
      onDragOver={(event) => {
        if (!event.dataTransfer.types.includes(DRAGGED)) return
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <div className="value-head">
        <span className="cut">
          <b>{label}</b> <span className="ink-3 small">{notes.join(', ')}</span>
        </span>
        <Choice
          label={`${label} as`}
          isLabelHidden
          value={as}
          choices={[
            ['value', 'value'],
            ['ref', 'ref'],
            ['fx', 'fx'],
          ]}
          onChange={setAs}
        />
      </div>
      {as === 'ref' ? (
        <ReferencePicker label={label} references={references} onChoose={onChange}>
          <Link2 size={14} />
          <span className={reference === undefined ? 'fill ink-3' : 'fill mono cut'}>
            {reference ?? 'Choose a value'}
          </span>
          {known?.last === undefined ? null : <span className="ink-3 small">{shortValue(known.last)}</span>}
        </ReferencePicker>
      ) : as === 'fx' ? (
        <Typed
          label={label}
          isLong
          text={found === 'fx' ? expressionText(value, isManifest) : ''}
          hint={isManifest ? 'A template: {{ steps.ID.result }}' : 'A template, or an expression as JSON'}
          read={(text) => readExpression(text, isManifest)}
          onChange={onChange}
        />
      ) : (
        <Literal label={label} schema={schema} value={found === 'value' ? value : undefined} onChange={onChange} />
      )}
      {typeof description === 'string' ? <span className="hint">{description}</span> : null}
    </div>
  )
}

/** A line or some lines that are read when the field is left, or Enter is pressed. */
export function Typed(props: {
  label: string
  text: string
  isLong?: boolean
  type?: 'text' | 'number'
  placeholder?: string
  hint?: string
  /** Throws why it cannot. */
  read: (text: string) => Json | undefined
  onChange: (value: Json | undefined) => void
}): ReactElement {
  const { label, text, isLong = false, type = 'text', placeholder, hint, read, onChange } = props
  const id = useId()
  const [typed, setTyped] = useState(text)
  const [wrong, setWrong] = useState<string>()
  useEffect(() => {
    setTyped(text)
    setWrong(undefined)
  }, [text])
  const leave = () => {
    if (typed === text) return
    try {
      onChange(read(typed))
      setWrong(undefined)
    } catch (error) {
      setWrong((error as Error).message)
    }
  }
  const field = {
    id,
    'aria-label': label,
    'aria-invalid': wrong !== undefined,
    spellCheck: false,
    value: typed,
    placeholder,
    onBlur: leave,
    onKeyDown: (event: KeyboardEvent) => {
      if (event.key !== 'Enter' || (isLong && !event.ctrlKey && !event.metaKey)) return
      event.preventDefault()
      event.stopPropagation()
      leave()
    },
  }
  return (
    <div className="labelled">
      {isLong ? (
        <textarea
          {...field}
          rows={Math.min(8, Math.max(2, typed.split('\n').length))}
          onChange={(event) => setTyped(event.target.value)}
        />
      ) : (
        <input
          {...field}
          type={type}
          step="any"
          autoComplete="off"
          onChange={(event) => setTyped(event.target.value)}
        />
      )}
      {hint === undefined ? null : <span className="hint">{hint}</span>}
      {wrong === undefined ? null : (
        <span className="wrong" role="alert">
          {wrong}
        </span>
      )}
    </div>
  )
}

// ---

function Literal(props: {
  label: string
  schema: unknown
  value: Json | undefined
  onChange: (value: Json | undefined) => void
}): ReactElement {
  const { label, schema, value, onChange } = props
  const field = fieldOf(schema, (schema ?? {}) as Schema)
  // What is there decides, if it is none of what the schema asks for.
  const isText = value === undefined || typeof value === 'string'
  if (field.kind === 'yes-no' && (value === undefined || typeof value === 'boolean')) {
    return (
      <label className="row">
        <input
          type="checkbox"
          aria-label={label}
          checked={value === true}
          onChange={(event) => onChange(event.target.checked)}
        />
        {value === true ? 'true' : value === false ? 'false' : 'not set'}
      </label>
    )
  }
  if (field.kind === 'choice') {
    const at = field.values.findIndex((one) => JSON.stringify(one) === JSON.stringify(value))
    return (
      <div className="labelled">
        <select
          aria-label={label}
          value={at}
          onChange={(event) => onChange(field.values[Number(event.target.value)] as Json | undefined)}
        >
          <option value={-1}>not set</option>
          {field.values.map((one, i) => (
            <option key={JSON.stringify(one)} value={i}>
              {typeof one === 'string' ? one : JSON.stringify(one)}
            </option>
          ))}
        </select>
      </div>
    )
  }
  if (field.kind === 'number' && (value === undefined || typeof value === 'number')) {
    return (
      <Typed
        label={label}
        type="number"
        text={value === undefined ? '' : String(value)}
        read={(text) => (text === '' ? undefined : Number(text))}
        onChange={onChange}
      />
    )
  }
  if (field.kind === 'text' && isText) {
    return (
      <Typed
        label={label}
        isLong={field.isLong || (value ?? '').includes('\n')}
        text={value ?? ''}
        read={(text) => (text === '' ? undefined : text)}
        onChange={onChange}
      />
    )
  }
  return (
    <Typed
      label={label}
      isLong={typeof value === 'object' && value !== null}
      text={value === undefined ? '' : isText ? value : JSON.stringify(value, null, 2)}
      placeholder="text, or a value as JSON"
      read={(text) => (text === '' ? undefined : readValue(text))}
      onChange={onChange}
    />
  )
}

function kindOf(value: Json | undefined, isManifest: boolean): As {
  if (referenceText(value, isManifest) !== undefined) return 'ref'
  return isComputed(value, isManifest) ? 'fx' : 'value'
}

function isComputed(value: unknown, isManifest: boolean): boolean {
  if (typeof value === 'string') return isManifest && /\{[{%]/.test(value)
  if (typeof value !== 'object' || value === null) return false
  if (!isManifest && Object.keys(value).some((key) => key.startsWith('$'))) return true
  return Object.values(value).some((one) => isComputed(one, isManifest))
}

function expressionText(value: Json | undefined, isManifest: boolean): string {
  if (value === undefined) return ''
  if (isManifest && typeof value === 'string') return value
  const { $template, ...rest } = (typeof value === 'object' && value !== null ? value : {}) as Schema
  if (typeof $template === 'string' && Object.keys(rest).length === 0) return $template
  return JSON.stringify(value, null, 2)
}

function readExpression(text: string, isManifest: boolean): Json | undefined {
  if (text.trim() === '') return undefined
  if (/^\s*[{[]/.test(text) && !/^\s*\{[{%#]/.test(text)) return parsed(text)
  return isManifest ? text : { $template: text }
}

function readValue(text: string): Json {
  return /^\s*[{["]|^(?:true|false|null|-?\d[\d.eE+-]*)$/.test(text) ? parsed(text) : text
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json
  } catch (error) {
    throw new Error(`This is not JSON: ${(error as Error).message}`)
  }
}
