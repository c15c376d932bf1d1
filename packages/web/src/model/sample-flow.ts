// The flow that a server without flows offers to try: each thing that a run can show, with builtin components only.

export const SAMPLE_NAME = 'hello-stepflow'

export const SAMPLE_FLOW = `name: hello-stepflow
description: A small tour. A branch that is not taken, a loop, a failure that is made good, and a question to you
input_schema:
  type: object
  properties:
    name: { type: string, title: Your name, default: Ada }
    words: { type: array, title: Words, items: { type: string }, default: [steps, that, flow] }
  required: [name, words]
examples:
  - name: Ada
    input: { name: Ada, words: [steps, that, flow] }
steps:
  # Steps run as soon as what they read is there: these three at once.
  - id: greet
    component: /builtin/noop
    input: { text: { $template: "Hello, {{ inputs.name }}!" } }
  - id: shout
    component: /builtin/noop
    for_each: { $input: words }
    input: { word: { $template: "{{ item | upper }}" } }
  - id: look_up
    # Nobody answers there: the default takes its place, and the run goes on.
    component: /builtin/http
    input: { url: "https://nowhere.invalid/" }
    retry: { max_attempts: 2, delay: 100ms }
    on_error: { action: use_default, default_value: { found: nothing } }
  - id: console_them
    # Skipped: there are words.
    component: /builtin/noop
    skip_if: { $input: words }
    input: { text: Nothing to say }
  - id: approve
    component: /builtin/wait_for_signal
    input:
      name: approve
      title: Shall it be said?
      description: The run waits for your answer. Until then it uses nothing.
      context: { greeting: { $step: greet }, words: { $step: shout } }
      schema:
        type: object
        properties: { ok: { type: boolean, title: Say it }, tone: { enum: [calm, loud], title: Tone } }
        required: [ok]
  - id: say
    component: /builtin/noop
    input: { greeting: { $step: greet }, words: { $step: shout }, decision: { $step: approve }, extra: { $step: look_up } }
output: { $step: say }
`

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
