/** Undefined if there is none. */
export function chromiumPath(): string | undefined
