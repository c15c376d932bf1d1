// Where a Chromium is, for what opens the page in one: tests, pictures, the benchmark.

import { existsSync } from 'node:fs'

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** Undefined if there is none: `apt-get install chromium`, or name one in CHROMIUM_PATH. */
export function chromiumPath() {
  return process.env.CHROMIUM_PATH ?? PLACES.find((file) => existsSync(file))
}
