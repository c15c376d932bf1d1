// /response/*: the last step of a request.

/** @param {{ user_data: { user_id: string }, enriched_data: { enriched: boolean, additional_data?: object } }} input */
export function create({ user_data, enriched_data }) {
  return { user: user_data.user_id, ...enriched_data }
}
