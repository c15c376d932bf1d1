// What a command of the command line is: the words for its help and completion, and what it does. Parses nothing itself.

export interface Command {
  readonly name: string
  readonly aliases?: readonly string[]
  /** One line, lower case, no full stop. */
  readonly summary: string
  /** What stands after the name: `FLOW`, `PATH...`. Empty: the command takes no operands. */
  readonly operands: string
  /** The only words that may stand first after the name, if they are known. */
  readonly words?: readonly string[]
  /** Commands by the word after this one's name: `runs list`. The first is meant where none is named. */
  readonly actions?: readonly Command[]
  readonly options: readonly Option[]
  readonly examples: readonly Example[]
  /** Options of other commands that are looked for here, by name, and what to do instead. */
  readonly elsewhere?: Readonly<Record<string, string>>
  /** Answers the exit code. Throws a FlowError to end with a message (its code decides the exit code). */
  run(args: Args, io: Io): Promise<number>
}

export interface Option {
  /** Without dashes: `max-concurrent`. */
  readonly name: string
  /** Other long names for the same. */
  readonly aliases?: readonly string[]
  /** One letter, without dash. */
  readonly short?: string
  /** What its value is called in the help (`FILE`); absent: a switch without a value. */
  readonly value?: string
  /** The value may be left out, then it is this one: `--output [FILE]`. Only `--name=VALUE` gives one. */
  readonly bare?: string
  /** The only values there are. */
  readonly choices?: readonly string[]
  /** What holds where it is not given, as the help says it. */
  readonly default?: string
  /** May be given several times. */
  readonly many?: true
  /** One line, lower case, no full stop. */
  readonly does: string
}

export interface Example {
  readonly does: string
  /** As typed, `stepflow` included. */
  readonly line: string
}

/** A command line after parsing: names are those of `Command.options`, whatever alias was typed. */
export interface Args {
  readonly operands: readonly string[]
  /** The value of the last occurrence. */
  value(name: string): string | undefined
  values(name: string): readonly string[]
  /** True if a switch was given (`--no-NAME` takes it back). */
  has(name: string): boolean
  /** Every occurrence in the order typed. */
  readonly given: readonly { readonly name: string; readonly value: string | undefined }[]
}

/** The process as a command sees it. */
export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  /** What was asked for: results, listings, diagnostics of `validate`. Whole lines, in one piece or several; the caller ends them. */
  out(text: string): void
  /** Everything else. */
  err(text: string): void
  /** File descriptors, for what is streamed. */
  readonly fds: { readonly in: number; readonly out: number; readonly err: number }
  readonly terminal: {
    readonly in: boolean
    readonly out: boolean
    readonly err: boolean
    /** The width of the terminal; 80 if there is none. */
    readonly columns: number
    readonly rows: number
    /** False under NO_COLOR and where the stream is no terminal; FORCE_COLOR wins. */
    readonly color: { readonly out: boolean; readonly err: boolean }
  }
}

/** The options that name a flow file; every command that reads one has them. */
export const flowOptions: readonly Option[] = [
  { name: 'flow', value: 'FILE', does: 'the flow file, if it is not the first argument' },
  {
    name: 'config',
    value: 'FILE',
    does: 'the configuration; else stepflow-config.yml beside the flow, or in this folder',
  },
]
