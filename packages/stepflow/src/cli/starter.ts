// The files of a starter project, as text. Everything in them works without a network or a key.

/** By file name. */
export function starterFiles(project: string): Record<string, string> {
  return {
    'flow.yaml': flow,
    'stepflow-config.yml': config,
    'README.md': readme(project),
    'items.jsonl': '{"name": "Ada"}\n{"name": "Grace", "formal": true}\n{"name": "Linus"}\n',
  }
}

// ---

const flow = `# A greeting in three steps. \`npx stepflow validate flow.yaml --explain\` says why each of them runs.
name: greeting
description: Greets somebody, formally if asked to

schemas:
  type: object
  properties:
    input:
      type: object
      required: [name]
      properties:
        name: { type: string }
        formal: { type: boolean, default: false }

steps:
  # One of these two runs; \`x\` is the value that is referred to.
  - id: formal
    component: /builtin/noop
    when: { $input: formal }
    input: { $input: name, transform: '"Dear " + x + ","' }
  - id: casual
    component: /builtin/noop
    skip_if: { $input: formal }
    input: { $input: name, transform: '"Hi " + x + "!"' }
  # The first of the two that was not skipped.
  - id: greeting
    component: /builtin/noop
    input:
      text: { $coalesce: [{ $step: formal }, { $step: casual }] }

output: { $step: greeting }

test:
  cases:
    - name: casual by default
      input: { name: Ada }
      output: { outcome: success, result: { text: "Hi Ada!" } }
    - name: formal if asked to
      input: { name: Ada, formal: true }
      output: { outcome: success, result: { text: "Dear Ada," } }
`

const config = `# Which plugins there are, and which component paths lead to them.
plugins:
  builtin:
    type: builtin

routes:
  "/builtin/{*component}":
    - plugin: builtin
`

const readme = (project: string) => `# ${project}

    npx stepflow run flow.yaml --input-json '{"name": "Ada"}'
    npx stepflow run flow.yaml --inputs items.jsonl
    npx stepflow test .
    npx stepflow validate flow.yaml --explain
    npx stepflow visualize flow.yaml --format ascii
    npx stepflow components

\`flow.yaml\` is the flow and contains its tests, \`stepflow-config.yml\` says what its steps can call, \`items.jsonl\` is a
batch of three inputs.
`
