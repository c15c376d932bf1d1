// A value: as a tree whose branches open, or raw; with what copies it, its path, or all of it.

import { pathText } from '@stepflow/dialects'
import { ChevronDown, ChevronRight } from 'lucide-react'
import { type ReactElement, useState } from 'react'
import { bytesText, countText } from '../model/format.ts'
import { Button } from './button.tsx'
import { Copy, copyText } from './copy.tsx'
import { say } from './toasts.tsx'

export interface ValueProps {
  readonly value: unknown
  /** What it is: `output`. */
  readonly what: string
  /** Reads all of it, if only its beginning is here. */
  readonly loadAll?: () => void
  /** How a flow refers to a part of it; the keys lead there. */
  readonly referenceOf?: ((keys: Keys) => string) | undefined
  /** What a part of it stands for where it is dragged to, by type; the keys lead to the part. */
  readonly dragOf?: DragOf
}

export type DragOf = (keys: Keys) => Readonly<Record<string, string>>

type Keys = readonly (string | number)[]

/** Of lists and objects, so many are shown until asked for more. */
const AT_ONCE = 100

export function Value({ value, what, loadAll, referenceOf, dragOf }: ValueProps): ReactElement {
  const [isRaw, setRaw] = useState(false)
  const part = previewIn(value)
  if (part) {
    return (
      <div>
        <div className="box" tabIndex={0} role="group" aria-label={what}>
          <pre>{part.text}…</pre>
        </div>
        <p className="row small ink-3">
          <span className="fill">The first of {bytesText(part.bytes)}</span>
          {loadAll ? (
            <Button dense onPress={loadAll}>
              Show all
            </Button>
          ) : null}
        </p>
      </div>
    )
  }
  const text = JSON.stringify(value, null, 2) ?? ''
  return (
    <div>
      <div className="row end-of-row">
        <Button look="bare" dense onPress={() => setRaw(!isRaw)}>
          {isRaw ? 'Tree' : 'Raw'}
        </Button>
        <Copy text={text} what={what} />
      </div>
      {isRaw || typeof value !== 'object' || value === null || Object.keys(value).length === 0 ? (
        <div className="box" tabIndex={0} role="group" aria-label={what}>
          <pre>{typeof value === 'string' && !isRaw ? value : text}</pre>
        </div>
      ) : (
        <ul role="tree" aria-label="Value" className="tree box" tabIndex={0}>
          <Children value={value} keys={ROOT} referenceOf={referenceOf} dragOf={dragOf} />
        </ul>
      )}
    </div>
  )
}

// ---

interface Below {
  readonly keys: Keys
  readonly referenceOf: ValueProps['referenceOf']
  readonly dragOf: DragOf | undefined
}

const ROOT: readonly string[] = []

function Children({ value, keys, ...rest }: Below & { readonly value: object }): ReactElement {
  const [most, setMost] = useState(AT_ONCE)
  const entries = Array.isArray(value) ? value.map((one, i) => [String(i), one] as const) : Object.entries(value)
  return (
    <>
      {entries.slice(0, most).map(([key, one]) => (
        <Branch key={key} name={key} value={one} keys={[...keys, Array.isArray(value) ? Number(key) : key]} {...rest} />
      ))}
      {entries.length > most ? (
        <li role="none">
          <Button look="bare" dense onPress={() => setMost(most + 10 * AT_ONCE)}>
            {countText(entries.length - most)} more
          </Button>
        </li>
      ) : null}
    </>
  )
}

function Branch(props: Below & { readonly name: string; readonly value: unknown }): ReactElement {
  const { name, value, keys, referenceOf, dragOf } = props
  const path = pathText(keys)
  const depth = keys.length - 1
  const isHolder = typeof value === 'object' && value !== null
  const [isOpen, setOpen] = useState(depth < 1)
  // What copies it is there for one line at a time: of a thousand lines nobody wants three thousand buttons.
  const [isAt, setAt] = useState(false)
  const size = isHolder ? Object.keys(value).length : 0
  return (
    <li role="treeitem" aria-selected="false" aria-expanded={isHolder && size > 0 ? isOpen : undefined}>
      <div
        className="twig"
        style={{ paddingLeft: 4 + depth * 14 }}
        title={path}
        onPointerEnter={() => setAt(true)}
        onPointerLeave={() => setAt(false)}
        onFocus={() => setAt(true)}
        onBlur={({ currentTarget, relatedTarget }) => setAt(currentTarget.contains(relatedTarget))}
        draggable={dragOf !== undefined}
        onDragStart={(event) => {
          for (const [type, text] of Object.entries(dragOf?.(keys) ?? {})) event.dataTransfer.setData(type, text)
        }}
      >
        {isHolder && size > 0 ? (
          <button
            type="button"
            className="twist"
            aria-label={`${isOpen ? 'Close' : 'Open'} ${name}`}
            onClick={() => setOpen(!isOpen)}
          >
            {isOpen ? <ChevronDown size={12} /> : <ChevronRight size={12} />}
          </button>
        ) : (
          <span className="twist" />
        )}
        <button
          type="button"
          className="as-text key"
          aria-label={`Copy path ${path}`}
          onClick={() => void copyText(path).then(() => say(`Copied ${path}`))}
        >
          {name}
        </button>
        {isHolder ? <span className="ink-3">{sizeText(value, size)}</span> : <Leaf value={value} />}
        {isAt ? (
          <span className="twig-copy">
            <Copy
              text={typeof value === 'string' ? value : JSON.stringify(value, null, 2)}
              what={`value of ${name}`}
              word="value"
            />
            {referenceOf ? <Copy text={referenceOf(keys)} what={`reference to ${name}`} word="reference" /> : null}
          </span>
        ) : null}
      </div>
      {isHolder && isOpen && size > 0 ? (
        <ul role="group">
          <Children value={value} keys={keys} referenceOf={referenceOf} dragOf={dragOf} />
        </ul>
      ) : null}
    </li>
  )
}

function sizeText(value: object, size: number): string {
  if (Array.isArray(value)) return size === 0 ? '[]' : `[${countText(size)}]`
  return size === 0 ? '{}' : `{${countText(size)}}`
}

const MOST_LEAF = 400

function Leaf({ value }: { value: unknown }): ReactElement {
  const text = JSON.stringify(value) ?? 'null'
  const kind = typeof value === 'string' ? 'text' : typeof value === 'number' ? 'number' : 'word'
  return <span className={kind}>{text.length > MOST_LEAF ? `${text.slice(0, MOST_LEAF)}…` : text}</span>
}

function previewIn(value: unknown): { text: string; bytes: number } | undefined {
  const found = value as { $preview?: unknown; bytes?: unknown } | null
  if (typeof found !== 'object' || typeof found?.$preview !== 'string' || typeof found.bytes !== 'number')
    return undefined
  return { text: found.$preview, bytes: found.bytes }
}
