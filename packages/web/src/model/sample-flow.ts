// The flow that a server without flows offers to try: each thing that a run can show, with builtin components only.

import sample from './hello-stepflow.yaml?raw'

export const SAMPLE_NAME = 'hello-stepflow'

export const SAMPLE_FLOW: string = sample

/** What a new flow begins with. */
export const NEW_FLOW = `name: hello
description: Says hello to somebody
input_schema:
  type: object
  properties: { name: { type: string, title: Name } }
  required: [name]
examples: [{ name: Ada, input: { name: Ada } }]
steps:
  - id: greet
    component: /builtin/noop
    input: { text: { $template: "Hello, {{ inputs.name }}!" } }
output: { $step: greet }
`
