// What the API tests call. `request` knows where the stand-in for the API listens; any other address it takes as it is.

const standIns = new Map([['https://api.example.com', process.env.API_STAND_IN ?? 'http://127.0.0.1:8790']])

/**
 * @param {{ url: string, method: string }} input
 * @param {{ signal: AbortSignal }} context
 */
export async function request({ url, method }, { signal }) {
  const { origin, pathname, search } = new URL(url)
  const response = await fetch(`${standIns.get(origin) ?? origin}${pathname}${search}`, { method, signal })
  return { status_code: response.status, body: await response.text() }
}

/** @param {{ actual_status: number, expected_status: number }} input */
export function validate({ actual_status, expected_status }) {
  const passed = actual_status === expected_status
  return { passed, details: passed ? `got ${actual_status}` : `expected ${expected_status}, got ${actual_status}` }
}
