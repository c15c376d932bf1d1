// Loaded before the program (`node --require`): ends the process by SIGKILL around the first statement to PostgreSQL that fits
// KILL_AT, `MOMENT PATTERN`: `before` it is sent, `after` that, or at its `answer`, before anybody has read it. The program
// itself knows nothing of it.
'use strict'

const { Socket } = require('node:net')

const [moment, ...words] = (process.env.KILL_AT ?? '').split(' ')
const pattern = new RegExp(words.join(' '), 's')
const [BIND, QUERY] = [0x42, 0x51]

function die() {
  process.kill(process.pid, 'SIGKILL')
}

function isIt(chunk) {
  if (!Buffer.isBuffer(chunk) || (chunk[0] !== BIND && chunk[0] !== QUERY)) return false
  return pattern.test(chunk.toString('latin1'))
}

function dieAtAnswer(socket) {
  const { push } = socket
  socket.push = function (data, ...rest) {
    // Who looks for work is killed when there is some: then its run is named.
    const isIdle = pattern.source.includes('take-due') && !data?.includes('key-')
    if (data && !isIdle) die()
    return Reflect.apply(push, this, [data, ...rest])
  }
}

if (moment) {
  const { write } = Socket.prototype
  Socket.prototype.write = function (chunk, ...rest) {
    if (!isIt(chunk)) return Reflect.apply(write, this, [chunk, ...rest])
    if (moment === 'before') die()
    if (moment === 'answer') dieAtAnswer(this)
    return Reflect.apply(write, this, moment === 'after' ? [chunk, die] : [chunk, ...rest])
  }
}
