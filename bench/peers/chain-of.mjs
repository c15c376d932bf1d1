// The work of every chain: functions that answer at once, each its own, so that no engine can take them for one.

export function chainOf(steps) {
  return Array.from({ length: steps }, () => (x) => x + 1)
}
