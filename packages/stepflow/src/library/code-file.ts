// Which files hold flows in code. Told by the name alone, so that asking costs nothing.

/** Endings of files that `loadCodeFlow` reads. */
export function isCodeFile(file: string): boolean {
  return /\.([mc]?[jt]s|[jt]sx)$/i.test(file)
}
