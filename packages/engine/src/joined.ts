/** With one more at its end. The first makes a list of its own: pushed to an empty one, it would take room for seventeen. */
export function joined<T>(list: T[], one: T): T[] {
  if (list.length === 0) return [one]
  list.push(one)
  return list
}
