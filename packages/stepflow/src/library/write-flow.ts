// placeholder
import type { FlowDraft } from './flow-draft.ts'
export function writeFlow(_draft: FlowDraft, _prefix: string): string {
  return ''
}
