// What the measured steps do: each builds a new record of four fields, with a number it computed and a text that tells it.
// Small on purpose, so that what a workflow adds is seen; real, so that a floor which calls the same functions is one that
// somebody could have written. The plain loop, the plain script and the flows all call these, with (input, context).

export function discount({ id, name, amount }) {
  const less = Math.round(amount * 90) / 100
  return { id, name, amount: less, text: `${name} for ${less}` }
}

export function tax({ id, name, amount }) {
  const more = Math.round(amount * 119) / 100
  return { id, name, amount: more, text: `${name}: ${more}, tax included` }
}

export function ship({ id, name, amount }) {
  // In a chain of any length the amount stays one that JSON can carry.
  const sum = amount < 50 ? amount + 4.9 : amount % 10_000
  return { id, name, amount: sum, text: `#${id} ${name}, ${sum} in all` }
}

/** In the order in which they are called, over and over. */
export const work = [discount, tax, ship]

/** A flow of them, one after the other; `prefix`: where the components are. */
export function orders(prefix = '') {
  const steps = work.map(({ name }, i) => ({
    id: name,
    component: `${prefix}/${name}`,
    input: i === 0 ? { $input: '$' } : { $step: work[i - 1].name },
  }))
  return { name: 'orders', steps, output: { $step: work.at(-1).name } }
}

export function order(id) {
  return { id, name: `order ${id % 97}`, amount: (id % 1000) + 0.5 }
}
