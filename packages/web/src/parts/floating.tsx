// What floats above the page: a small box beside a button, a dialog, a menu.

import { X } from 'lucide-react'
import type { ReactElement, ReactNode } from 'react'
import { Dialog as AriaDialog } from 'react-aria-components/Dialog'
import { Heading } from 'react-aria-components/Heading'
import { Label } from 'react-aria-components/Label'
import { Menu as AriaMenu, MenuItem, MenuTrigger } from 'react-aria-components/Menu'
import { Modal, ModalOverlay } from 'react-aria-components/Modal'
import { Popover, type PopoverProps } from 'react-aria-components/Popover'
import { Radio, RadioGroup } from 'react-aria-components/RadioGroup'
import { Button } from './button.tsx'

export interface FloatingProps {
  readonly label: string
  readonly placement?: NonNullable<PopoverProps['placement']>
  readonly children: ReactNode
}

/** A small box beside what opened it. */
export function Floating({ label, placement = 'bottom end', children }: FloatingProps): ReactElement {
  return (
    <Popover className="floats pad" placement={placement}>
      <AriaDialog aria-label={label} className="bare-dialog">
        {children}
      </AriaDialog>
    </Popover>
  )
}

export interface DialogProps {
  readonly title: string
  readonly isOpen: boolean
  readonly onOpenChange: (isOpen: boolean) => void
  readonly children: ReactNode
  /** The buttons. */
  readonly foot?: ReactNode
  /** Named only, without a line for its title. */
  readonly isTitleHidden?: boolean
  /** Holds what needs room. */
  readonly isWide?: boolean
  /** Something is lost by it: only a button closes it. */
  readonly isAlert?: boolean
}

/** A dialog that takes the page. */
export function Dialog(props: DialogProps): ReactElement {
  const { title, isOpen, onOpenChange, children, foot, isTitleHidden = false, isWide = false, isAlert = false } = props
  return (
    <ModalOverlay className="scrim" isOpen={isOpen} onOpenChange={onOpenChange} isDismissable={!isAlert}>
      <Modal className={isWide ? 'floats dialog wide' : 'floats dialog'}>
        <AriaDialog role={isAlert ? 'alertdialog' : 'dialog'} {...(isTitleHidden ? { 'aria-label': title } : {})}>
          {isTitleHidden ? null : (
            <div className="title">
              <Heading slot="title" level={2}>
                {title}
              </Heading>
              {foot || isAlert ? null : (
                <Button look="bare" square aria-label="Close" onPress={() => onOpenChange(false)}>
                  <X size={16} />
                </Button>
              )}
            </div>
          )}
          <div className="body">{children}</div>
          {foot ? <div className="foot">{foot}</div> : null}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  )
}

export interface MenuEntry {
  readonly id: string
  readonly word: string
  readonly icon?: ReactNode
  readonly isDanger?: boolean
  readonly onAction: () => void
}

/** A button and the menu that it opens. */
export function Menu({
  button,
  label,
  entries,
}: {
  button: ReactNode
  label: string
  entries: readonly MenuEntry[]
}): ReactElement {
  return (
    <MenuTrigger>
      {button}
      <Popover className="floats" placement="bottom end">
        <AriaMenu aria-label={label} className="menu">
          {entries.map(({ id, word, icon, isDanger, onAction }) => (
            <MenuItem key={id} id={id} textValue={word} className={isDanger ? 'danger' : ''} onAction={onAction}>
              {icon}
              {word}
            </MenuItem>
          ))}
        </AriaMenu>
      </Popover>
    </MenuTrigger>
  )
}

export interface ChoiceProps<Value extends string> {
  readonly label: string
  readonly isLabelHidden?: boolean
  readonly value: Value
  readonly choices: readonly (readonly [Value, string])[]
  readonly onChange: (value: Value) => void
}

/** One of a few, all of them in sight. */
export function Choice<Value extends string>(props: ChoiceProps<Value>): ReactElement {
  const { label, isLabelHidden = false, value, choices, onChange } = props
  return (
    <RadioGroup
      className={isLabelHidden ? 'choice inline' : 'choice'}
      value={value}
      onChange={(chosen) => onChange(chosen as Value)}
    >
      <Label className={isLabelHidden ? 'hidden' : ''}>{label}</Label>
      <div className="segments">
        {choices.map(([of, word]) => (
          <Radio key={of} value={of}>
            {word}
          </Radio>
        ))}
      </div>
    </RadioGroup>
  )
}
