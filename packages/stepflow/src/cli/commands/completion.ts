// stepflow completion: a script for the shell, made from the same table as parsing and help.

import { globalOptions, usage } from '../args.ts'
import type { Command, Option } from '../command.ts'
import { commands } from '../command-table.ts'

export const completion: Command = {
  name: 'completion',
  summary: 'print a script that completes commands and options in your shell',
  operands: 'SHELL',
  words: ['bash', 'zsh', 'fish'],
  options: [],
  examples: [
    { does: 'bash', line: 'stepflow completion bash > ~/.local/share/bash-completion/completions/stepflow' },
    { does: 'zsh, in a folder of your $fpath', line: 'stepflow completion zsh > ~/.zfunc/_stepflow' },
    { does: 'fish', line: 'stepflow completion fish > ~/.config/fish/completions/stepflow.fish' },
  ],
  async run(args, io) {
    const shell = args.operands[0]
    const script = shell === undefined || !Object.hasOwn(scripts, shell) ? undefined : scripts[shell]
    if (!script) {
      const said = shell === undefined ? 'needs the name of a shell' : `does not know the shell "${shell}"`
      throw usage(completion, `${said}: bash, zsh or fish`)
    }
    io.out(script(await Promise.all(commands.map((one) => one.load()))))
    return 0
  },
}

// ---

const scripts: Record<string, (all: readonly Command[]) => string> = { bash, zsh, fish }

/** Every option with every name it has. */
function optionsOf(command: Command): { readonly option: Option; readonly name: string }[] {
  return [...command.options, ...globalOptions].flatMap((option) =>
    [option.name, ...(option.aliases ?? [])].map((name) => ({ option, name })),
  )
}

function bash(all: readonly Command[]): string {
  const every = all.flatMap((command) => [command, ...(command.actions ?? [])])
  const cases = every.map((command) => {
    const names = namesOf(command)
      .map((name) => `"${name}"`)
      .join('|')
    const words = optionsOf(command).map(({ name }) => `--${name}`)
    return `    ${names}) words="${words.join(' ')}" ;;`
  })
  const values = every.flatMap((command) =>
    optionsOf(command).flatMap(({ option, name }) =>
      option.choices
        ? [`    ${patternOf(command, `--${name}`)}) _stepflow_offer "${option.choices.join(' ')}"; return ;;`]
        : [],
    ),
  )
  const first = all.flatMap((command) =>
    command.words ? [`    ${namesOf(command).join('|')}) words="${command.words.join(' ')}" ;;`] : [],
  )
  return `# bash completion for stepflow
_stepflow_offer() {
  COMPREPLY=($(compgen -W "$1" -- "$cur"))
}
_stepflow() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" command="\${COMP_WORDS[1]}" words=""
  COMPREPLY=()
  # "--order=in" is three words to bash.
  if [ "$cur" = "=" ]; then
    cur=""
  elif [ "$prev" = "=" ] && [ "$COMP_CWORD" -gt 2 ]; then
    prev="\${COMP_WORDS[COMP_CWORD-2]}"
  fi
  if [ "$COMP_CWORD" -eq 1 ]; then
    _stepflow_offer "${all.flatMap(namesOf).join(' ')} --help --version"
    return
  fi
  # Of a command with actions, the action has the options.
  case "$command" in
    ${withActions(all)})
      if [ "$COMP_CWORD" -gt 2 ] && [[ "\${COMP_WORDS[2]}" != -* ]]; then command="$command \${COMP_WORDS[2]}"; fi ;;
  esac
  case "$command $prev" in
${values.join('\n')}
  esac
  case "$cur" in
    -*)
      case "$command" in
${cases.map((line) => `    ${line}`).join('\n')}
      esac
      _stepflow_offer "$words"
      return ;;
  esac
  if [ "$COMP_CWORD" -eq 2 ]; then
    case "$command" in
${first.map((line) => `  ${line}`).join('\n')}
    esac
    [ -z "$words" ] || _stepflow_offer "$words"
  fi
}
complete -o default -F _stepflow stepflow
`
}

/** A pattern of `case`. */
function withActions(all: readonly Command[]): string {
  return all
    .filter(({ actions }) => actions)
    .flatMap(namesOf)
    .join('|')
}

const namesOf = (command: Command) => [command.name, ...(command.aliases ?? [])]

/** A pattern of `case` for what is typed after the command. */
function patternOf(command: Command, word: string): string {
  return namesOf(command)
    .map((name) => `"${name} ${word}"`)
    .join('|')
}

function zsh(all: readonly Command[]): string {
  const list = all.map((one) => `    '${one.name}:${zshText(one.summary)}'`)
  const argumentsOf = (command: Command) => {
    const specs = optionsOf(command).map(({ option, name }) => {
      const value =
        option.value === undefined
          ? ''
          : `${option.bare === undefined ? '' : ':'}:${option.value.toLowerCase()}:${option.choices ? `(${option.choices.join(' ')})` : '_files'}`
      const sign = option.value === undefined ? '' : option.bare === undefined ? '=' : '=-'
      return `        '${option.many ? '*' : ''}--${name}${sign}[${zshText(option.does)}]${value}'`
    })
    const what = zshText(command.operands.toLowerCase())
    const first = command.words ? [`        '1:${what}:(${command.words.join(' ')})'`] : []
    const operands = command.operands === '' ? [] : [...first, `        '*:${what}:_files'`]
    return `      _arguments \\\n${[...specs, ...operands].join(' \\\n')}`
  }
  const caseOf = (command: Command, names: readonly string[]) =>
    `      ${names.map((name) => name.replaceAll(' ', '\\ ')).join('|')})\n${argumentsOf(command)}\n      ;;`
  const cases = all.flatMap((command) => [
    ...(command.actions ?? []).map((action) => caseOf(action, [action.name])),
    caseOf(command, namesOf(command)),
  ])
  return `#compdef stepflow
_stepflow() {
  local -a commands
  commands=(
${list.join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command="\${words[2]}"
  shift words
  (( CURRENT-- ))
  # Of a command with actions, the action has the options.
  case "$command" in
    ${withActions(all)}) if (( CURRENT > 2 )); then command="$command \${words[2]}"; shift words; (( CURRENT-- )); fi ;;
  esac
  case "$command" in
${cases.join('\n')}
  esac
}
_stepflow "$@"
`
}

function fish(all: readonly Command[]): string {
  const lines = ['# fish completion for stepflow']
  for (const command of all) {
    lines.push(`complete -c stepflow -n __fish_use_subcommand -f -a ${command.name} -d '${fishText(command.summary)}'`)
    const names = namesOf(command).join(' ')
    if (command.words) {
      const words = command.words.join(' ')
      const isFirst = `__fish_seen_subcommand_from ${names}; and not __fish_seen_subcommand_from ${words}`
      lines.push(`complete -c stepflow -n '${isFirst}' -f -a '${words}'`)
    }
    for (const action of command.actions ?? []) {
      const word = action.name.slice(command.name.length + 1)
      lines.push(
        ...fishOptions(action, `__fish_seen_subcommand_from ${names}; and __fish_seen_subcommand_from ${word}`),
      )
    }
    if (!command.actions) lines.push(...fishOptions(command, `__fish_seen_subcommand_from ${names}`))
  }
  return `${lines.join('\n')}\n`
}

function fishOptions(command: Command, condition: string): string[] {
  return optionsOf(command).map(({ option, name }) => {
    const value = option.value === undefined ? '' : option.choices ? ` -x -a '${option.choices.join(' ')}'` : ' -r'
    const short = option.short && name === option.name ? ` -s ${option.short}` : ''
    return `complete -c stepflow -n '${condition}' -l ${name}${short}${value} -d '${fishText(option.does)}'`
  })
}

function zshText(text: string): string {
  return text.replaceAll("'", "'\\''").replace(/[[\]:]/g, '\\$&')
}

function fishText(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")
}
