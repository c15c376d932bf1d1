// What a cron expression says, in words: `At 02:30, Monday through Friday`.

import { toString as describe } from 'cronstrue'

/** The fields themselves, where there are no words for them. */
export function inWords(fields: string): string {
  try {
    return describe(fields, { use24HourTimeFormat: true, verbose: false })
  } catch {
    return fields
  }
}
