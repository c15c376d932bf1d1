// Paths that a file names. Texts only: nothing is looked up, and it runs where there are no files.

/** `path`, as whoever named `file` would name it: relative to the folder of the file, unless it is absolute. */
export function pathBeside(file: string | undefined, path: string): string {
  if (file === undefined || /^(?:[/\\]|[A-Za-z]:)/.test(path)) return path
  const folder = file.slice(0, Math.max(file.lastIndexOf('/'), file.lastIndexOf('\\')) + 1)
  const parts: string[] = []
  for (const part of (folder + path).split(/[/\\]/)) {
    if (part === '.' || (part === '' && parts.length > 0)) continue
    const last = parts.at(-1)
    if (part === '..' && last !== undefined && last !== '' && last !== '..') parts.pop()
    else parts.push(part)
  }
  return parts.join('/')
}
