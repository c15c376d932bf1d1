// What templates cost, by itself: node bench/templates.mjs. Needs a build: npm run build.

import { printTable } from './measure.mjs'
import { measure } from './rows/templates.mjs'

printTable(await measure())
