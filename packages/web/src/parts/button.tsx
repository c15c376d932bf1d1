// Buttons, and links that look like one.

import type { ReactElement, ReactNode } from 'react'
import { Button as AriaButton, type ButtonProps as AriaButtonProps } from 'react-aria-components/Button'
import { ToggleButton } from 'react-aria-components/ToggleButton'

export interface ButtonProps extends Omit<AriaButtonProps, 'className' | 'style' | 'children'> {
  readonly look?: 'plain' | 'primary' | 'danger' | 'bare'
  readonly dense?: boolean
  /** Shows an icon only: it needs a name for whoever does not see it. */
  readonly square?: boolean
  readonly children: ReactNode
}

export function Button({ look = 'plain', dense = false, square = false, ...props }: ButtonProps): ReactElement {
  return <AriaButton {...props} className={buttonClass(look, dense, square)} />
}

export function buttonClass(look: NonNullable<ButtonProps['look']> = 'plain', dense = false, square = false): string {
  return `button ${look}${dense ? ' dense' : ''}${square ? ' square' : ''}`
}

export interface ChipProps {
  readonly isOn: boolean
  readonly onChange: (isOn: boolean) => void
  readonly children: ReactNode
  /** Read out after the name. */
  readonly description?: string
  readonly label: string
}

/** A filter that is on or off. */
export function Chip({ isOn, onChange, children, description, label }: ChipProps): ReactElement {
  return (
    <ToggleButton
      className="chip"
      isSelected={isOn}
      onChange={onChange}
      aria-label={label}
      {...(description === undefined ? {} : { 'aria-description': description })}
    >
      {children}
    </ToggleButton>
  )
}
