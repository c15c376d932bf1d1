// LangGraph: a state graph with one value, without a checkpointer.

import { Annotation, END, START, StateGraph } from '@langchain/langgraph'

export function langgraph(functions) {
  const graph = new StateGraph(Annotation.Root({ x: Annotation() }))
  for (const [i, fn] of functions.entries()) graph.addNode(`s${i}`, ({ x }) => ({ x: fn(x) }))
  graph.addEdge(START, 's0')
  for (let i = 1; i < functions.length; i++) graph.addEdge(`s${i - 1}`, `s${i}`)
  graph.addEdge(`s${functions.length - 1}`, END)
  const compiled = graph.compile()
  const config = { recursionLimit: functions.length + 10 }
  return async (input) => (await compiled.invoke({ x: input }, config)).x
}
