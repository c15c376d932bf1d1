// Colours of the page, for what is drawn on a canvas.

const resolvedColours = new Map<string, string>()

/** `light-dark()` of a custom property is not resolved for whoever reads it: an element is asked instead. */
export function resolved(style: CSSStyleDeclaration, name: string): string {
  const key = `${name} ${style.colorScheme} ${matchMedia('(prefers-color-scheme: dark)').matches} ${document.documentElement.dataset.theme}`
  const known = resolvedColours.get(key)
  if (known !== undefined) return known
  const probe = document.createElement('i')
  probe.style.color = `var(--${name})`
  document.body.append(probe)
  const found = getComputedStyle(probe).color
  probe.remove()
  resolvedColours.set(key, found)
  return found
}
