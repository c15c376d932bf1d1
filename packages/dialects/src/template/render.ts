// Renders a template. A template that is one `{{ expression }}` gives the expression's value, any other a text.

import { FlowError, isRecord, type PureFunction } from '@stepflow/engine'
import { compileBody } from './evaluate.ts'
import { compileExpr } from './evaluate-expr.ts'
import { Frame, Out } from './frame.ts'
import { parse, placeIn, TemplateSyntaxError } from './parse.ts'
import { need, plainData, TemplateError } from './values.ts'

/** `(source, context) => value`. Throws EXPRESSION_FAILURE. */
export const template: PureFunction = (source, context) => render(String(source), isRecord(context) ? context : {})

export function render(source: string, context: Readonly<Record<string, unknown>>): unknown {
  try {
    return compiled(source)(new Frame(context))
  } catch (error) {
    return rethrow(source, error)
  }
}

// ---

type Render = (frame: Frame) => unknown

const MAX_CACHED = 1000
const cache = new Map<string, Render>()

function compiled(source: string): Render {
  const known = cache.get(source)
  if (known) return known
  const made = compile(source)
  if (cache.size >= MAX_CACHED) cache.clear()
  cache.set(source, made)
  return made
}

function compile(source: string): Render {
  const body = parse(source)
  const [only] = body
  if (body.length === 1 && only?.type === 'print') {
    const value = compileExpr(only.value)
    return (frame) => plainData(need(value(frame)), frame.budget)
  }
  const write = compileBody(body)
  return (frame) => {
    const out = new Out(frame.budget)
    write(frame, out)
    return out.text
  }
}

export function rethrow(source: string, error: unknown): never {
  const name = JSON.stringify(source.length > 60 ? `${source.slice(0, 60)}...` : source)
  if (error instanceof TemplateSyntaxError) {
    throw new FlowError('EXPRESSION_FAILURE', `template ${name}: ${error.message}${placeIn(source, error.at)}`)
  }
  if (error instanceof TemplateError) throw new FlowError('EXPRESSION_FAILURE', `template ${name}: ${error.message}`)
  // The depth of the stack is the last bound; whatever is left of a rendering is dropped with it.
  if (error instanceof RangeError) throw new FlowError('EXPRESSION_FAILURE', `template ${name} goes too deep`)
  throw error
}
