// A form made of a JSON Schema, or its value as JSON: one can change from one to the other.

import { Plus, X } from 'lucide-react'
import { createContext, type ReactElement, useContext, useId, useMemo, useState } from 'react'
import {
  choiceText,
  emptyValue,
  type Field,
  fieldOf,
  type Part,
  resolved,
  type Schema,
  titleOf,
} from '../model/fields.ts'
import { fits } from '../model/schema-check.ts'
import { Button } from './button.tsx'
import { Choice } from './floating.tsx'
import { OtherProblems } from './invalid-fields.tsx'
import { JsonField } from './json-field.tsx'

export interface FormProps {
  readonly schema: unknown
  readonly value: unknown
  readonly onChange: (value: unknown) => void
  /** Problems by the path of what they are about: `/order/total`. */
  readonly problems?: ReadonlyMap<string, string>
}

/** True where a choice is what the form is for: a few values are boxes, all in sight, instead of a list that opens. */
export const ChoiceAsBoxes = createContext(false)

/** Fields, or JSON. */
export function FormOrJson({ schema, value, onChange, problems }: FormProps): ReactElement {
  const root = schema as Schema
  const field = useMemo(() => fieldOf(schema, root), [schema, root])
  const [look, setLook] = useState<'form' | 'json'>(field.kind === 'json' ? 'json' : 'form')
  return (
    <>
      {field.kind === 'json' ? null : (
        <Choice
          label="Input as"
          value={look}
          choices={[
            ['form', 'Form'],
            ['json', 'JSON'],
          ]}
          onChange={setLook}
        />
      )}
      {look === 'form' ? (
        <Form schema={schema} value={value} onChange={onChange} {...(problems ? { problems } : {})} />
      ) : (
        <JsonField label="Input" value={value} onChange={onChange} />
      )}
      {problems ? <OtherProblems schema={schema} problems={problems} look={look} /> : null}
    </>
  )
}

export function Form({ schema, value, onChange, problems = new Map() }: FormProps): ReactElement {
  const root = schema as Schema
  return (
    <Fields
      field={fieldOf(schema, root)}
      value={value}
      onChange={onChange}
      root={root}
      path=""
      label="Value"
      problems={problems}
      depth={0}
    />
  )
}

// ---

interface FieldProps {
  readonly value: unknown
  readonly onChange: (value: unknown) => void
  readonly root: Schema
  readonly path: string
  readonly label: string
  readonly problems: ReadonlyMap<string, string>
  readonly depth: number
}

/** A schema that holds itself is asked for as JSON below that. */
const MOST_DEPTH = 6

function Fields({ field, ...props }: FieldProps & { readonly field: Field }): ReactElement {
  const { value, onChange, root, path, problems, depth } = props
  if (field.kind !== 'object' || depth > MOST_DEPTH) return <One field={field} {...props} />
  const holder = typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Schema) : {}
  return (
    <>
      {field.parts.map((part) => (
        <Property
          key={part.name}
          part={part}
          value={Object.hasOwn(holder, part.name) ? holder[part.name] : undefined}
          onChange={(next) => onChange(withPart(holder, part.name, next))}
          root={root}
          path={`${path}/${part.name}`}
          label={part.title}
          problems={problems}
          depth={depth + 1}
        />
      ))}
    </>
  )
}

function Property({ part, ...props }: FieldProps & { readonly part: Part }): ReactElement {
  const field = fieldOf(part.schema, props.root)
  if (field.kind !== 'object') return <One field={field} {...props} part={part} />
  return (
    <fieldset className="group">
      <legend>
        {part.title}
        <Optional part={part} />
      </legend>
      <Fields field={field} {...props} />
    </fieldset>
  )
}

function One(props: FieldProps & { readonly field: Field; readonly part?: Part }): ReactElement {
  const { field, value, onChange, path, label, problems, part } = props
  const id = useId()
  const wrong = problems.get(path)
  const described = wrong === undefined ? undefined : `${id}-wrong`
  const asBoxes = useContext(ChoiceAsBoxes)
  if (field.kind === 'choice' && asBoxes && field.values.length > 1 && field.values.length <= MOST_BOXES) {
    return <Boxes {...props} field={field} />
  }
  if (field.kind === 'yes-no') {
    return (
      <div className="labelled">
        <label className="row">
          <input type="checkbox" checked={value === true} onChange={(event) => onChange(event.target.checked)} />
          {label}
        </label>
        <Notes part={part} wrong={wrong} id={described} />
      </div>
    )
  }
  if (field.kind === 'list') return <ListField {...props} field={field} />
  if (field.kind === 'variant') return <VariantField {...props} field={field} />
  if (field.kind === 'json' || field.kind === 'object') {
    return (
      <JsonField
        label={label}
        value={value}
        onChange={onChange}
        note={<Notes part={part} wrong={wrong} id={described} />}
      />
    )
  }
  return (
    <div className="labelled">
      <label htmlFor={id}>
        {label}
        <Optional part={part} />
      </label>
      {field.kind === 'choice' ? (
        <select
          id={id}
          aria-invalid={wrong !== undefined}
          aria-describedby={described}
          value={field.values.findIndex((one) => JSON.stringify(one) === JSON.stringify(value))}
          onChange={(event) => onChange(field.values[Number(event.target.value)])}
        >
          <option value={-1}>{part && !part.isRequired ? 'none' : 'choose one'}</option>
          {field.values.map((one, i) => (
            <option key={JSON.stringify(one)} value={i}>
              {field.names?.[i]?.title ?? choiceText(one)}
            </option>
          ))}
        </select>
      ) : field.kind === 'number' ? (
        <input
          id={id}
          type="number"
          inputMode={field.isInteger ? 'numeric' : 'decimal'}
          step={field.isInteger ? 1 : 'any'}
          min={field.least}
          max={field.most}
          aria-invalid={wrong !== undefined}
          aria-describedby={described}
          value={typeof value === 'number' ? value : ''}
          onChange={(event) => onChange(event.target.value === '' ? undefined : Number(event.target.value))}
        />
      ) : field.isLong ? (
        <textarea
          id={id}
          rows={4}
          aria-invalid={wrong !== undefined}
          aria-describedby={described}
          value={textOf(value)}
          onChange={(event) => onChange(event.target.value === '' ? undefined : event.target.value)}
        />
      ) : (
        <input
          id={id}
          type={field.isSecret ? 'password' : inputTypeOf(field.format)}
          autoComplete="off"
          aria-invalid={wrong !== undefined}
          aria-describedby={described}
          value={textOf(value)}
          onChange={(event) =>
            onChange(event.target.value === '' && !part?.isRequired ? undefined : event.target.value)
          }
        />
      )}
      <Notes part={part} wrong={wrong} id={described} />
    </div>
  )
}

const MOST_BOXES = 4

function Boxes(props: FieldProps & { readonly field: Field & { kind: 'choice' }; readonly part?: Part }): ReactElement {
  const { field, value, onChange, path, label, problems, part } = props
  const id = useId()
  const wrong = problems.get(path)
  const chosen = JSON.stringify(value)
  return (
    <fieldset
      className="answers"
      role="radiogroup"
      aria-invalid={wrong !== undefined}
      aria-describedby={wrong && `${id}-wrong`}
    >
      <legend>
        {label}
        <Optional part={part} />
      </legend>
      <div>
        {field.values.map((one, i) => {
          const { title, description } = field.names?.[i] ?? { title: choiceText(one) }
          return (
            <label className="one-answer" key={JSON.stringify(one)}>
              <input type="radio" name={id} checked={JSON.stringify(one) === chosen} onChange={() => onChange(one)} />
              <span>
                {title}
                {description === undefined ? null : <small>{description}</small>}
              </span>
            </label>
          )
        })}
      </div>
      <Notes part={part} wrong={wrong} id={`${id}-wrong`} />
    </fieldset>
  )
}

function ListField(
  props: FieldProps & { readonly field: Field & { kind: 'list' }; readonly part?: Part },
): ReactElement {
  const { field, value, onChange, root, path, label, problems, depth, part } = props
  const list = Array.isArray(value) ? value : []
  const wrong = problems.get(path)
  return (
    <fieldset className="group">
      <legend>
        {label}
        <Optional part={part} />
      </legend>
      <Notes part={part} wrong={wrong} id={undefined} />
      {list.map((one, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: an element has no name but its place
        <div className="element" key={i}>
          <div className="fill">
            <Fields
              field={fieldOf(field.of, root)}
              value={one}
              onChange={(next) => onChange(list.map((old, at) => (at === i ? next : old)))}
              root={root}
              path={`${path}/${i}`}
              label={titleOf(`${label} ${i + 1}`, field.of)}
              problems={problems}
              depth={depth + 1}
            />
          </div>
          <Button
            look="bare"
            square
            aria-label={`Remove ${label} ${i + 1}`}
            onPress={() => onChange(list.filter((_, at) => at !== i))}
          >
            <X size={16} />
          </Button>
        </div>
      ))}
      <Button dense onPress={() => onChange([...list, emptyValue(field.of, root) ?? null])}>
        <Plus size={14} />
        Add
      </Button>
    </fieldset>
  )
}

function VariantField(
  props: FieldProps & { readonly field: Field & { kind: 'variant' }; readonly part?: Part },
): ReactElement {
  const { field, value, onChange, root, path, label, problems, depth, part } = props
  const id = useId()
  const fitting = field.variants.findIndex((variant) => value !== undefined && fits(variant, value, root))
  const [chosen, setChosen] = useState(Math.max(0, fitting))
  const variant = field.variants[chosen]
  return (
    <fieldset className="group">
      <legend>
        {label}
        <Optional part={part} />
      </legend>
      <div className="labelled">
        <label htmlFor={id}>Kind</label>
        <select
          id={id}
          value={chosen}
          onChange={(event) => {
            const next = Number(event.target.value)
            setChosen(next)
            onChange(emptyValue(field.variants[next], root))
          }}
        >
          {field.variants.map((one, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: variants never move
            <option key={i} value={i}>
              {variantName(one, i, root)}
            </option>
          ))}
        </select>
      </div>
      {variant ? (
        <Fields
          field={fieldOf(variant, root)}
          value={value}
          onChange={onChange}
          root={root}
          path={path}
          label={label}
          problems={problems}
          depth={depth + 1}
        />
      ) : null}
    </fieldset>
  )
}

function Optional({ part }: { part: Part | undefined }): ReactElement | null {
  return part && !part.isRequired ? <span className="ink-3"> optional</span> : null
}

function Notes({
  part,
  wrong,
  id,
}: {
  part: Part | undefined
  wrong: string | undefined
  id: string | undefined
}): ReactElement | null {
  if (part?.description === undefined && wrong === undefined) return null
  return (
    <>
      {part?.description === undefined ? null : <span className="hint">{part.description}</span>}
      {wrong === undefined ? null : (
        <span className="wrong" id={id}>
          {wrong}
        </span>
      )}
    </>
  )
}

function withPart(holder: Schema, name: string, value: unknown): Schema {
  const { [name]: _old, ...rest } = holder
  if (value === undefined) return rest
  return Object.hasOwn(holder, name) ? { ...holder, [name]: value } : { ...rest, [name]: value }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : value === undefined || value === null ? '' : JSON.stringify(value)
}

function inputTypeOf(format: string | undefined): string {
  return { date: 'date', time: 'time', email: 'email', uri: 'url' }[format ?? ''] ?? 'text'
}

function variantName(schema: Schema, i: number, root: Schema): string {
  const { own } = resolved(schema, root)
  if (typeof own.title === 'string') return own.title
  return typeof own.type === 'string' ? own.type : `Kind ${i + 1}`
}
