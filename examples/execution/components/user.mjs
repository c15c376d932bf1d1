// /user/*: a directory of two people.

const people = new Map([
  ['u1', { id: 'u1', name: 'Ada', level: 'premium', theme: 'dark', city: 'London' }],
  ['u2', { id: 'u2', name: 'Bob', level: 'basic', theme: 'light' }],
])

/** @param {{ user_id: string }} input */
export function load({ user_id }) {
  const { id, name } = find(user_id)
  return { id, name }
}

/** @param {{ user_id: string }} input */
export function preferences({ user_id }) {
  return { theme: find(user_id).theme }
}

/** @param {{ user_id: string }} input */
export function check_level({ user_id }) {
  const { level } = find(user_id)
  return { user_id, is_basic_user: level === 'basic', is_premium_user: level === 'premium' }
}

/** Knows more about some people, and fails for the others. @param {{ user_id: string }} input */
export function enrich({ user_id }) {
  const { name, city } = find(user_id)
  if (!city) throw new Error(`nothing more is known about ${name}`)
  return { enriched: true, additional_data: { city } }
}

// ---

/** @param {string} id */
function find(id) {
  const person = people.get(id)
  if (!person) throw new Error(`there is no user "${id}"`)
  return person
}
