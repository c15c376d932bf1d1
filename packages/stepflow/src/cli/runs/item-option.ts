// --item N: one item of a run, from 0.

import type { RunRow } from '@stepflow/engine'
import { usage } from '../args.ts'
import type { Args } from '../command.ts'

export function itemOption(args: Args, { items }: RunRow): number | undefined {
  const text = args.value('item')
  if (text === undefined) return undefined
  if (!/^\d{1,9}$/.test(text)) throw usage({ name: 'runs' }, `--item is "${text}", but must be a whole number from 0`)
  const item = Number(text)
  if (items.total >= 0 && item >= items.total) {
    throw usage({ name: 'runs' }, `--item is ${item}, but the run has ${items.total} items, counted from 0`)
  }
  return item
}
