// Colours of the page, for what is drawn on a canvas.

/** By theme, then by name. */
const resolvedColours = new Map<string, Map<string, string>>()

/** The colours of the theme that is shown now: for one picture, in which thousands of shapes ask for theirs. */
export function coloursOf(style: CSSStyleDeclaration): (name: string) => string {
  const theme = `${style.colorScheme} ${matchMedia('(prefers-color-scheme: dark)').matches} ${document.documentElement.dataset.theme}`
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

// ---

/** `light-dark()` of a custom property is not resolved for whoever reads it: an element is asked instead. */
function resolve(name: string): string {
  const probe = document.createElement('i')
  probe.style.color = `var(--${name})`
  document.body.append(probe)
  const found = getComputedStyle(probe).color
  probe.remove()
  return found
}
