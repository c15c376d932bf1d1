// The tool table: which component a tool of a manifest calls, and which inputs it has. The one place to add a tool.

export type Tool = CallTool | ParameterTool | PassTool

/** Calls a component. */
export interface CallTool {
  readonly kind: 'call'
  readonly component: string
  readonly inputs: readonly string[]
  /** Of each list the service needs one. */
  readonly needs: readonly (readonly string[])[]
  /** Where else a missing input may come from. */
  readonly orFrom?: Readonly<Record<string, string>>
}

/** Is a parameter of the flow. */
export interface ParameterTool {
  readonly kind: 'parameter'
  readonly component: '/builtin/input'
  readonly type: 'text' | 'number' | 'boolean' | 'json'
  readonly inputs: readonly string[]
}

/** Gives its `value`. */
export interface PassTool {
  readonly kind: 'pass'
  readonly component: '/builtin/output'
  readonly inputs: readonly string[]
}

const SERVICE = ['token', 'api_key', 'base_url', 'timeout']
const CHAT = ['prompt', 'system', 'messages', 'response_schema', 'model', 'version', 'temperature', 'max_tokens']
// `data_type` and `use_as_input` stand in manifests of other systems and say nothing that the tool does not.
const PARAMETER = ['value', 'description', 'data_type', 'use_as_input']

const chat = (component: string): CallTool => ({
  kind: 'call',
  component,
  inputs: [...CHAT, ...SERVICE],
  needs: [['prompt', 'messages']],
})
const parameter = (type: ParameterTool['type'], more: readonly string[] = []): ParameterTool => ({
  kind: 'parameter',
  component: '/builtin/input',
  type,
  inputs: [...PARAMETER, ...more],
})
const code = (component: string): CallTool => ({
  kind: 'call',
  component,
  inputs: ['code', 'timeout', 'data_type'],
  needs: [['code']],
})
const output: PassTool = { kind: 'pass', component: '/builtin/output', inputs: ['value', 'schema', 'description'] }

const GEMINI = chat('/builtin/gemini')
const OPENAI = chat('/builtin/openai_chat')
const ANTHROPIC = chat('/builtin/anthropic')
const PYTHON = code('/builtin/code/python')

export const TOOLS: Readonly<Record<string, Tool>> = {
  INPUT_TEXT: parameter('text'),
  INPUT_NUMBER: parameter('number'),
  INPUT_BOOLEAN: parameter('boolean'),
  INPUT_JSON: parameter('json', ['schema']),
  OUTPUT_TEXT: output,
  OUTPUT_JSON: output,
  GEMINI_CHAT: GEMINI,
  GEMINI_INVOKE: GEMINI,
  OPENAI_CHAT: OPENAI,
  OPENAI_INVOKE: OPENAI,
  ANTHROPIC_CHAT: ANTHROPIC,
  ANTHROPIC_INVOKE: ANTHROPIC,
  SLACK_POST_MESSAGE: {
    kind: 'call',
    component: '/builtin/slack',
    inputs: ['channel', 'message', 'text', 'thread_ts', 'blocks', ...SERVICE],
    needs: [['channel'], ['message', 'text', 'blocks']],
    orFrom: { channel: 'SLACK_CHANNEL' },
  },
  GMAIL_SEND: {
    kind: 'call',
    component: '/builtin/gmail',
    inputs: ['to', 'subject', 'body', 'message', 'text', 'cc', 'bcc', 'html', ...SERVICE],
    needs: [['to'], ['body', 'message', 'text', 'html']],
    orFrom: { to: 'GMAIL_TO' },
  },
  HTTP_REQUEST: {
    kind: 'call',
    component: '/builtin/http',
    inputs: ['url', 'method', 'headers', 'query', 'body', 'text', 'form', 'timeout', 'follow_redirects', 'expect'],
    needs: [['url']],
  },
  PYTHON_SANDBOX: PYTHON,
  PYTHON_SANDBOX_RUN: PYTHON,
  JAVASCRIPT_SANDBOX: code('/builtin/code/javascript'),
  FLOW: { kind: 'call', component: '/builtin/flow', inputs: ['flow', 'input'], needs: [['flow']] },
}
