// The bare script as a program: a process of its own for each round, as the command line has, so that V8 knows neither
// beforehand. Prints the milliseconds from the handshake to the last answer.

import { readFileSync } from 'node:fs'
import { exchange } from './exchange.mjs'

const [inputs, inFlight, command, ...args] = process.argv.slice(2)
const lines = readFileSync(inputs, 'utf8').trimEnd().split('\n')
console.log(await exchange(command, args, lines, Number(inFlight)))
