// What went wrong between us and an HTTP server, in words. It sends nothing.

import { FlowError } from '@stepflow/engine'

/**
 * What was thrown while a request was under way, as a FlowError. `repetition`: what it would mean to send the request again;
 * the engine's own tries are for requests that may be repeated, or that cannot have arrived.
 */
export function httpFault(error: unknown, url: URL, repetition: 'harmless' | 'noticed'): FlowError {
  if (FlowError.is(error)) return error
  const code = codeOf(error)
  const what = explain(code, url)
  // A certificate is not better at the next attempt.
  if (/CERT|^UNABLE_TO_|SELF_SIGNED|^ERR_TLS|^ERR_SSL|^EPROTO/.test(code)) {
    const reason = error instanceof Error ? error.message : code
    return new FlowError('UNREACHABLE', `${url.origin}: no secure connection: ${reason}`, {
      retryable: false,
      cause: error,
    })
  }
  if (code.startsWith('Z_') || code.startsWith('ERR_BROTLI') || code.startsWith('ERR__ERROR_FORMAT')) {
    return new FlowError('COMPONENT_FAILED', `the answer of ${shownUrl(url)} cannot be decompressed`, { cause: error })
  }
  const isForItsRetry = code === 'ECONNREFUSED' || (repetition === 'noticed' && !isBeforeSending(error))
  return new FlowError('UNREACHABLE', what, isForItsRetry ? { cause: error, tries: 1 } : { cause: error })
}

/** The system's or the library's code of an error, or "". */
export function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
}

/** Without user, password, query and fragment: those may hold what nobody should read. */
export function shownUrl(url: string | URL): string {
  const parsed = typeof url === 'string' && URL.canParse(url) ? new URL(url) : url
  return parsed instanceof URL ? `${parsed.origin}${parsed.pathname}` : JSON.stringify(parsed.slice(0, 200))
}

// ---

/** No connection had come about: nothing was sent. */
function isBeforeSending(error: unknown): boolean {
  const { syscall } = error as { syscall?: unknown }
  return syscall === 'connect' || syscall === 'getaddrinfo'
}

function explain(code: string, url: URL): string {
  switch (code) {
    case 'ECONNREFUSED':
      return `${url.origin} refused the connection: is the server running?`
    case 'ECONNRESET':
    case 'EPIPE':
      return `${url.origin} closed the connection before it had answered`
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EAI_NODATA':
      return `the name "${url.hostname}" could not be resolved (${code})`
    case 'ETIMEDOUT':
      return `no connection to ${url.origin} within the time that the system allows`
    default:
      return code.startsWith('HPE_')
        ? `${url.origin} did not answer in HTTP (${code})`
        : `no connection to ${url.origin}${code ? ` (${code})` : ''}`
  }
}
