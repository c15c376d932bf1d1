// Colours of the page, for what is drawn on a canvas.

import { currentTheme } from '../parts/settings.ts'

/** By theme, then by name. */
const resolvedColours = new Map<string, Map<string, string>>()

/**
 * The colours of the theme that is shown now: for one picture, in which thousands of shapes ask for theirs. What an element looks
 * like is asked once for each: the browser lays out the whole page to answer that.
 */
export function coloursOf(): (name: string) => string {
  const theme = `${currentTheme()} ${PRINT.matches}`
  const colours = resolvedColours.get(theme) ?? new Map<string, string>()
  resolvedColours.set(theme, colours)
  return (name) => {
    const known = colours.get(name)
    if (known !== undefined) return known
    const found = resolve(name)
    colours.set(name, found)
    return found
  }
}

/** The font of the page, as a canvas takes it: `600 12px` and this. */
export function fontFamily(): string {
  family ??= getComputedStyle(document.documentElement).getPropertyValue('--font')
  return family
}

// ---

const PRINT = matchMedia('print')
let family: string | undefined

/** `light-dark()` of a custom property is not resolved for whoever reads it: an element is asked instead. */
function resolve(name: string): string {
  const probe = document.createElement('i')
  probe.style.color = `var(--${name})`
  // Where the reader's own colours hold, all would be one: of a thousand cells nobody would find those that failed.
  probe.style.setProperty('forced-color-adjust', 'none')
  document.body.append(probe)
  const found = getComputedStyle(probe).color
  probe.remove()
  return found
}
