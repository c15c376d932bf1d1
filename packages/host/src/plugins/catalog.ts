// What components there are, as far as it is known. Asks a component server only for a listing, never for an error message.

import { type ComponentInfo, type ErrorValue, errorValue, type Plugin } from '@stepflow/engine'
import type { ConfiguredRouter } from '../config/routes.ts'

export interface Listing {
  readonly components: readonly ListedComponent[]
  /** Plugins that could not be asked, and why. */
  readonly failures: readonly { readonly plugin: string; readonly error: ErrorValue }[]
}

export interface ListedComponent {
  readonly info: ComponentInfo
  readonly plugin: string
  /** The paths under which flows can call it; none if no route leads there. */
  readonly paths: readonly string[]
}

export class Catalog {
  /** Plugins of this process: they answer at once and start nothing. */
  readonly #local = new Set<Plugin>()
  readonly #told = new Map<Plugin, readonly ComponentInfo[]>()

  addLocal(plugin: Plugin | undefined): void {
    if (plugin) this.#local.add(plugin)
  }

  /** Without starting anything. */
  readonly known = (plugin: Plugin): readonly ComponentInfo[] => {
    const components = this.#local.has(plugin) ? plugin.components() : this.#told.get(plugin)
    return Array.isArray(components) ? components : []
  }

  /**
   * Asks every plugin. One that does not answer is a failure; it hides nothing of the others, and what it listed before is
   * there.
   */
  async list(plugins: ReadonlyMap<string, Plugin>, router: ConfiguredRouter): Promise<Listing> {
    const answers = await Promise.allSettled([...plugins.values()].map(async (plugin) => plugin.components()))
    const components: ListedComponent[] = []
    const failures: { plugin: string; error: ErrorValue }[] = []
    for (const [i, [name, plugin]] of [...plugins].entries()) {
      const answer = answers[i] as (typeof answers)[number] // one for each
      if (answer.status === 'rejected') failures.push({ plugin: name, error: errorValue(answer.reason) })
      else this.#told.set(plugin, answer.value)
      for (const info of this.#told.get(plugin) ?? []) {
        components.push({ info, plugin: name, paths: router.pathsOf(plugin, info.name) })
      }
    }
    return { components, failures }
  }
}
