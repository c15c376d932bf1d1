// Components that are functions of a JavaScript or TypeScript file, called in this process: what the file exports is what
// a step calls.

import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import {
  COMPONENT,
  type Component,
  type ComponentBrand,
  type ComponentInfo,
  FlowError,
  isRecord,
  type Log,
  type Plugin,
} from '@stepflow/engine'
import { importModule } from './import-module.ts'
import { guarded, guardProcess } from './in-process.ts'

/** A plugin over the exports of `file` (an absolute path). Knows its components once it has been started. */
export function createModulePlugin(name: string, file: string, log?: Log): Plugin {
  let components: ReadonlyMap<string, Component> = new Map()
  let ownNames: ReadonlyMap<string, Component | undefined> = new Map()
  let starting: Promise<void> | undefined

  async function load(): Promise<void> {
    const there = await stat(file).catch(() => undefined)
    if (!there?.isFile()) {
      throw new FlowError('INVALID_FLOW', `plugin "${name}": there is no file "${file}"`)
    }
    guardProcess(log)
    const exports = await importModule(file, `plugin "${name}"`)
    const found = componentsOf(exports)
    if (found.size === 0) {
      const message = `plugin "${name}": ${basename(file)} exports no function and no component`
      throw new FlowError('INVALID_FLOW', message)
    }
    components = found
    ownNames = ownNamesOf(exports)
  }

  return {
    name,
    components: () => [...components.values()].map((component) => component.info),
    resolve: (component) => components.get(component) ?? ownNames.get(component),
    start() {
      starting ??= load()
      return starting
    },
  }
}

// ---

/** The named exports, and what stands in a record that is the default export; a named export wins. */
function componentsOf(exports: object): Map<string, Component> {
  const found = new Map<string, Component>()
  const { default: main } = exports as { default?: unknown }
  if (isRecord(main) && !(COMPONENT in main)) addAll(found, main)
  addAll(found, exports)
  return found
}

/** By the name that a component gave itself: flows that code wrote as YAML call it so. Undefined: there are two. */
function ownNamesOf(exports: object): Map<string, Component | undefined> {
  const found = new Map<string, Component | undefined>()
  const calls = new Map<string, Component['call']>()
  for (const value of Object.values(exports)) {
    const brand = brandOf(value)
    if (typeof brand?.name !== 'string') continue
    const path = `/${brand.name}`
    const isTaken = found.has(path) && calls.get(path) !== brand.call
    calls.set(path, brand.call)
    found.set(path, isTaken ? undefined : guarded({ info: infoOf(path, brand), call: brand.call }, 'json'))
  }
  return found
}

function addAll(found: Map<string, Component>, values: object): void {
  for (const [name, value] of Object.entries(values)) {
    // A record may have its names as paths, as flows and mocks write them.
    const path = name.startsWith('/') ? name : `/${name}`
    const component = componentOf(path, value)
    if (component) found.set(path, component)
  }
}

function componentOf(name: string, value: unknown): Component | undefined {
  const brand = brandOf(value)
  if (brand) return guarded({ info: infoOf(name, brand), call: brand.call }, 'json')
  // A class is a function too, but not one that can be called.
  if (typeof value !== 'function' || /^class\b/.test(Function.prototype.toString.call(value))) return undefined
  // What it takes and gives is its author's word.
  return guarded({ info: { name }, call: value as Component['call'] }, 'json')
}

function brandOf(value: unknown): ComponentBrand | undefined {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return undefined
  const brand = (value as { [COMPONENT]?: unknown })[COMPONENT]
  return isRecord(brand) && typeof brand.call === 'function' ? (brand as unknown as ComponentBrand) : undefined
}

function infoOf(name: string, brand: ComponentBrand): ComponentInfo {
  return {
    name,
    ...(brand.description === undefined ? {} : { description: brand.description }),
    ...(brand.input === undefined ? {} : { inputSchema: brand.input }),
    ...(brand.output === undefined ? {} : { outputSchema: brand.output }),
    ...(brand.primary === undefined ? {} : { primary: brand.primary }),
    ...(brand.repeatable === undefined ? {} : { repeatable: brand.repeatable }),
  }
}
