// Loaded before a server whose runs are to have happened some time ago: its clock goes behind by so many milliseconds.

const behind = Number(process.env.CLOCK_BACK_MS)
const Real = Date

globalThis.Date = class extends Real {
  constructor(...parts) {
    super(...(parts.length === 0 ? [Real.now() - behind] : parts))
  }

  static now() {
    return Real.now() - behind
  }
}
