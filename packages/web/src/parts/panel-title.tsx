// What a panel is about, and what closes it.

import { X } from 'lucide-react'
import type { ReactElement, ReactNode } from 'react'
import { Button } from './button.tsx'

export function PanelTitle({ onClose, children }: { onClose: () => void; children: ReactNode }): ReactElement {
  return (
    <h2 className="row">
      <span className="whole fill">{children}</span>
      <Button look="bare" dense square aria-label="Close" onPress={onClose}>
        <X size={16} />
      </Button>
    </h2>
  )
}
