// What a flow is known by: the id of the blob that holds it as JSON.

import { contentId } from '@stepflow/engine'
import type { Project } from './open-project.ts'

/** Undefined for a flow in code, and for a text that cannot be read. */
export async function flowIdOf({ document }: Pick<Project, 'document'>): Promise<string | undefined> {
  const { toJson } = await import('@stepflow/dialects')
  return document && contentId(toJson(document))
}
