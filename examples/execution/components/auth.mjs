// /auth/*: who is it, and what may they do. A token is the word "token-" and a user's id.

/** @param {{ token: string }} input */
export function verify({ token }) {
  if (!/^token-u\d$/.test(token)) throw new Error('the token is not valid')
  return { user_id: token.slice('token-'.length) }
}

/** @param {{ user_data: { id: string } }} input */
export function permissions({ user_data }) {
  return user_data.id === 'u1' ? ['read', 'write'] : ['read']
}
