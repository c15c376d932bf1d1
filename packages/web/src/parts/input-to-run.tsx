// The input of a run that is to start: a form, or JSON, filled from an example or from an earlier run; checked before it is sent.

import { type ReactElement, type RefObject, useId, useMemo, useRef, useState } from 'react'
import { type EarlierInput, type Filling, fillings, firstOf, untyped } from '../model/examples.ts'
import { problemsIn } from '../model/schema-check.ts'
import { FormOrJson } from './form.tsx'
import { useFirstInvalid } from './invalid-fields.tsx'
import { isReadable } from './json-field.tsx'

export interface InputToRun {
  readonly schema: unknown
  readonly all: readonly Filling[]
  readonly chosen: number
  readonly value: unknown
  readonly problems: ReadonlyMap<string, string>
  /** What keeps it from being started, beside `problems`. */
  readonly wrong: string | undefined
  readonly isStarting: boolean
  readonly form: RefObject<HTMLFormElement | null>
  readonly choose: (chosen: number) => void
  readonly change: (value: unknown) => void
  /** Hands the input over to be run, once at a time; says what does not fit, or what refused it. */
  readonly start: (run: (input: unknown) => Promise<unknown>) => Promise<void>
}

export interface InputOptions {
  readonly schema: unknown
  readonly examples: readonly unknown[] | undefined
  readonly earlier: readonly EarlierInput[] | undefined
}

export function useInputToRun({ schema, examples, earlier }: InputOptions): InputToRun {
  const all = useMemo(() => fillings(schema, examples, earlier), [schema, examples, earlier])
  const [picked, setPicked] = useState<number>()
  const [typed, setTyped] = useState<{ readonly value: unknown }>()
  const [problems, setProblems] = useState<ReadonlyMap<string, string>>(new Map())
  const [wrong, setWrong] = useState<string>()
  const [isStarting, setStarting] = useState(false)
  const form = useRef<HTMLFormElement>(null)
  useFirstInvalid(form, problems)
  const chosen = picked ?? firstOf(all)
  const filling = all[chosen] ?? all[0]
  const value = typed === undefined ? filling.input : typed.value
  const fill = (to: number | undefined, kept: { readonly value: unknown } | undefined) => {
    setPicked(to)
    setTyped(kept)
    setProblems(new Map())
    setWrong(undefined)
  }
  const check = () => {
    const found = new Map([...problemsIn(schema, value), ...untyped(value, filling.redacted)])
    const isJson = isReadable(form.current)
    setProblems(found)
    // What does not fit is said where it is asked for.
    setWrong(isJson ? undefined : 'The input is not JSON yet.')
    return isJson && found.size === 0
  }
  return {
    schema: schema ?? ANYTHING,
    all,
    chosen,
    value,
    problems,
    wrong,
    isStarting,
    form,
    choose: (to) => fill(to, undefined),
    // What is typed into one of them stays, if others come to be offered meanwhile.
    change: (next) => fill(chosen, { value: next }),
    async start(run) {
      if (isStarting || !check()) return
      setStarting(true)
      try {
        await run(value ?? {})
      } catch (error) {
        setWrong((error as Error).message)
      }
      setStarting(false)
    },
  }
}

/** Fields, and what is wrong with them; what starts the run stands beside it. */
export function InputFields({ input, onSubmit }: { input: InputToRun; onSubmit: () => void }): ReactElement {
  const { all, chosen, schema, value, problems, wrong, form, choose, change } = input
  return (
    <form
      ref={form}
      className="input-to-run"
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        onSubmit()
      }}
    >
      <FilledFrom all={all} chosen={chosen} onChoose={choose} />
      <FormOrJson key={chosen} schema={schema} value={value} onChange={change} problems={problems} />
      {wrong === undefined ? null : (
        <p className="wrong" role="alert">
          {wrong}
        </p>
      )}
    </form>
  )
}

// ---

const ANYTHING = {}

const GROUPS = [
  ['empty', undefined],
  ['example', 'Examples'],
  ['earlier', 'Earlier inputs'],
] as const

function FilledFrom({
  all,
  chosen,
  onChoose,
}: Pick<InputToRun, 'all' | 'chosen'> & { onChoose: InputToRun['choose'] }): ReactElement | null {
  const id = useId()
  if (all.length < 2) return null
  return (
    <div className="labelled">
      <label htmlFor={id}>Filled from</label>
      <select id={id} value={chosen} onChange={(event) => onChoose(Number(event.target.value))}>
        {GROUPS.map(([kind, label]) => {
          const options = all.map((filling, i) =>
            filling.kind === kind ? (
              // biome-ignore lint/suspicious/noArrayIndexKey: their place is their value
              <option key={i} value={i}>
                {filling.word}
              </option>
            ) : null,
          )
          if (label === undefined) return options
          return all.some((one) => one.kind === kind) ? (
            <optgroup key={kind} label={label}>
              {options}
            </optgroup>
          ) : null
        })}
      </select>
    </div>
  )
}
