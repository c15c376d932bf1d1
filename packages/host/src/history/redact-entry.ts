// A journal entry without secrets. Only what users brought or steps made: the words of the journal itself are nobody's secret.

import type { JournalEntry, Redactor, RunOptions } from '@stepflow/engine'

export function redactEntry(entry: JournalEntry, redactor: Redactor): JournalEntry {
  switch (entry.type) {
    case 'created': {
      const { options, inputs } = entry
      return { ...entry, inputs: redactor.value(inputs), ...(options && { options: redactOptions(options, redactor) }) }
    }
    case 'settled':
    case 'finished':
      return { ...entry, outcome: redactor.value(entry.outcome) }
    case 'parked':
      return {
        ...entry,
        ...(entry.signal === undefined ? {} : { signal: redactor.text(entry.signal) }),
        ...(entry.state === undefined ? {} : { state: redactor.value(entry.state) }),
      }
    case 'signalled':
      return entry.payload === undefined ? entry : { ...entry, payload: redactor.value(entry.payload) }
    default:
      return entry
  }
}

// ---

function redactOptions(options: RunOptions, redactor: Redactor): RunOptions {
  const { variables, labels, trigger } = options
  return {
    ...options,
    ...(variables && { variables: redactor.value(variables) }),
    ...(labels && { labels: redactor.value(labels) }),
    ...(trigger && { trigger: redactor.value(trigger) }),
  }
}
