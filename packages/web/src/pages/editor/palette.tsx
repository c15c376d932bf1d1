// The components that a step can call, with a search; one of them becomes a new step.

import type { ComponentList } from '@stepflow/api'
import { Plus } from 'lucide-react'
import { type ReactElement, useState } from 'react'
import { DialogTrigger } from 'react-aria-components/Dialog'
import { Button } from '../../parts/button.tsx'
import { Floating } from '../../parts/floating.tsx'
import { SearchField } from '../../parts/search-field.tsx'

export type Component = ComponentList['components'][number]

export interface PaletteProps {
  readonly components: readonly Component[]
  readonly onAdd: (component: Component) => void
}

const MOST_SHOWN = 60

export function Palette({ components, onAdd }: PaletteProps): ReactElement {
  const [isOpen, setOpen] = useState(false)
  const [text, setText] = useState('')
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  const found = components.filter(({ path, description = '' }) =>
    words.every((word) => path.toLowerCase().includes(word) || description.toLowerCase().includes(word)),
  )
  return (
    <DialogTrigger isOpen={isOpen} onOpenChange={setOpen}>
      <Button dense>
        <Plus size={14} />
        Add step
      </Button>
      <Floating label="Components" placement="bottom start">
        <div className="picker">
          <SearchField label="Find components" placeholder="Find components" value={text} onChange={setText}>
            <span className="small ink-3">
              {found.length} of {components.length}
            </span>
          </SearchField>
          <ul className="picker-list" aria-label="Found components">
            {found.slice(0, MOST_SHOWN).map((component) => (
              <li key={component.path}>
                <button
                  type="button"
                  className="as-text picked tall"
                  onClick={() => {
                    setOpen(false)
                    setText('')
                    onAdd(component)
                  }}
                >
                  <span className="mono cut">{component.path}</span>
                  <span className="small ink-2 cut">{component.description}</span>
                </button>
              </li>
            ))}
          </ul>
          {found.length === 0 ? <p className="empty">No component has that name.</p> : null}
        </div>
      </Floating>
    </DialogTrigger>
  )
}
