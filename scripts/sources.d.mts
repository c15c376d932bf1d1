/** Specifier -> absolute path of a source file. */
export function entrySources(): Record<string, string>
