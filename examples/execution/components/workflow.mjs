// /workflow/*: chooses the flow that a request needs. A flow is data, so it can be an output like any other.

/** @param {{ request: { kind: string } }} input */
export function classifier({ request }) {
  const workflow_definition = flows.get(request.kind)
  if (!workflow_definition) throw new Error(`no workflow is known for a request of kind "${request.kind}"`)
  return { workflow_definition }
}

// ---

const flows = new Map([
  ['shout', { steps: [], output: { $input: 'text', transform: 'upper(x)' } }],
  [
    'welcome',
    {
      steps: [{ id: 'user', component: '/user/load', input: { user_id: { $input: 'user_id' } } }],
      output: { $template: 'Welcome, {{ steps.user.result.name }}!' },
    },
  ],
])
