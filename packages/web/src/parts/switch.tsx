// On or off, at once.

import type { ReactElement } from 'react'
import { Switch as AriaSwitch } from 'react-aria-components/Switch'

export interface SwitchProps {
  readonly label: string
  readonly isOn: boolean
  readonly isDisabled?: boolean
  readonly onChange: (isOn: boolean) => void
}

export function Switch({ label, isOn, isDisabled = false, onChange }: SwitchProps): ReactElement {
  return (
    <AriaSwitch
      className="switch-field"
      aria-label={label}
      isSelected={isOn}
      isDisabled={isDisabled}
      onChange={onChange}
    >
      <span className="track" />
    </AriaSwitch>
  )
}
