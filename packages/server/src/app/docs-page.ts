// The page that shows the API's document. All of it comes from this server: no other is asked.

import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** What the page loads, by name. */
export const docsFiles = {
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'swagger-ui.css': 'text/css; charset=utf-8',
} as const

export type DocsFile = keyof typeof docsFiles

/** The page begins itself by this script: the policy permits none that stands in a page. */
export const DOCS_SCRIPT = `SwaggerUIBundle({ url: document.documentElement.dataset.document, dom_id: '#api' })\n`

export const DOCS_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

export function docsPage(basePath: string): string {
  const files = `${basePath}/api/docs`
  return `<!doctype html>
<html lang="en" data-document="${basePath}/api/v1/openapi.json">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Stepflow: HTTP API</title>
<link rel="stylesheet" href="${files}/swagger-ui.css">
<div id="api"></div>
<script src="${files}/swagger-ui-bundle.js"></script>
<script src="${files}/docs.js"></script>
</html>
`
}

export function readDocsFile(name: DocsFile): Promise<Buffer> {
  return readFile(join(folder(), name))
}

// ---

/** Beside the program, or where npm put the library. */
function folder(): string {
  const beside = fileURLToPath(new URL('./docs-page/', import.meta.url))
  if (existsSync(beside)) return beside
  return join(dirname(createRequire(import.meta.url).resolve('@fastify/swagger-ui/package.json')), 'static')
}
