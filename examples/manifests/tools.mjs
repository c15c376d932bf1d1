// The tools of sequential.yaml and parallel.yaml: each says who it is and which steps were done when it began.

const tool = (name) => (_input, context) => {
  const done = Object.entries(context.outcomes()).map(([id, { result }]) => result?.tool ?? id)
  return { tool: name, after: done.sort() }
}

export const TOOL_A = tool('A')
export const TOOL_B = tool('B')
export const TOOL_C = tool('C')
