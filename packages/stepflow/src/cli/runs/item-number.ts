// --item N, --items 1,5-9: items of a run, from 0.

import type { ItemRange, RunRow } from '@stepflow/engine'
import { usage } from '../args.ts'
import type { Args, Command } from '../command.ts'

export function itemNumber(command: Pick<Command, 'name'>, args: Args, { items }: RunRow): number | undefined {
  const text = args.value('item')
  if (text === undefined) return undefined
  if (!/^\d{1,9}$/.test(text)) throw usage(command, `--item is "${text}", but must be a whole number from 0`)
  const item = Number(text)
  if (items.total >= 0 && item >= items.total) {
    throw usage(command, `--item is ${item}, but the run has ${counted(items.total)}, counted from 0`)
  }
  return item
}

export function itemRanges(command: Pick<Command, 'name'>, args: Args, { items }: RunRow): ItemRange[] | undefined {
  const text = args.value('items')
  if (text === undefined) return undefined
  return text.split(',').map((part): ItemRange => {
    const [, from, to = from] = /^\s*(\d{1,9})(?:-(\d{1,9}))?\s*$/.exec(part) ?? []
    if (from === undefined) throw usage(command, `--items is "${text}", but must be numbers and ranges, from 0: 1,5-9`)
    const range: ItemRange = [Number(from), Number(to)]
    if (range[0] > range[1]) throw usage(command, `--items has ${part.trim()}, which ends before it begins`)
    if (range[1] >= items.total) {
      throw usage(command, `--items has ${part.trim()}, but the run has ${counted(items.total)}, counted from 0`)
    }
    return range
  })
}

// ---

function counted(total: number): string {
  return `${total} ${total === 1 ? 'item' : 'items'}`
}
