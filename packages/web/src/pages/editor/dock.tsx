// Below the editor: problems, a run of what is written, its tests, its versions.

import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type ReactElement, useMemo, useState } from 'react'
import { client } from '../../api/client.ts'
import { queries, queryClient } from '../../api/queries.ts'
import { firstInput } from '../../model/examples.ts'
import { shortId } from '../../model/format.ts'
import { statusOf } from '../../model/run-words.ts'
import { problemsIn } from '../../model/schema-check.ts'
import { Button } from '../../parts/button.tsx'
import { FormOrJson } from '../../parts/form.tsx'
import { OutcomeView } from '../../parts/outcome-view.tsx'
import { Shape, Status } from '../../parts/status.tsx'
import { Tabs } from '../../parts/tabs.tsx'
import { Ago } from '../../parts/time.tsx'
import { Outlines } from '../../parts/waiting.tsx'
import type { Compiled } from './use-compiled.ts'

export type DockTab = 'problems' | 'run' | 'tests' | 'versions'

export interface DockProps {
  readonly tab: DockTab
  readonly onTab: (tab: DockTab) => void
  readonly name: string | undefined
  readonly text: string
  readonly file: string | undefined
  readonly step: string | undefined
  readonly compiled: Compiled
  readonly runId: string | undefined
  readonly examples: readonly unknown[]
  readonly onRun: (runId: string) => void
  readonly onGo: (line: number, column?: number) => void
  readonly onRestore: (text: string) => void
}

export function Dock(props: DockProps): ReactElement {
  const { tab, onTab, name, compiled, onGo } = props
  const { problems } = compiled
  return (
    <section className="dock" aria-label="Dock">
      <Tabs
        label="Dock"
        selected={tab}
        onSelect={(id) => onTab(id as DockTab)}
        entries={[
          { id: 'problems', word: 'Problems', count: problems.length || undefined },
          { id: 'run', word: 'Run' },
          ...(name === undefined
            ? []
            : [
                { id: 'tests', word: 'Tests' },
                { id: 'versions', word: 'Versions' },
              ]),
        ]}
      />
      <div className="scroll dock-body">
        {tab === 'problems' ? <Problems problems={problems} onGo={onGo} /> : null}
        {tab === 'run' ? <RunHere {...props} /> : null}
        {tab === 'tests' && name !== undefined ? <Tests name={name} text={props.text} /> : null}
        {tab === 'versions' && name !== undefined ? <Versions name={name} onRestore={props.onRestore} /> : null}
      </div>
    </section>
  )
}

// ---

const SHAPES = { fatal: 'failed', error: 'failed', warning: 'waiting', hint: 'pending' } as const

function Problems({ problems, onGo }: { problems: Compiled['problems']; onGo: DockProps['onGo'] }): ReactElement {
  if (problems.length === 0) return <p className="empty">No problems.</p>
  return (
    <ul aria-label="Problems">
      {problems.map(({ level, message, hint, line, column }, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they never move
        <li key={i}>
          <button type="button" className="as-text problem" onClick={() => onGo(line ?? 1, column)}>
            <Shape status={SHAPES[level]} />
            <span className="ink-3 mono">{line === undefined ? '' : `${line}:${column ?? 1}`}</span>
            <span className="fill">
              {message}
              {hint === undefined ? null : <span className="ink-3"> {hint}</span>}
            </span>
          </button>
        </li>
      ))}
    </ul>
  )
}

/** What is written is run as it is, saved or not; as a test, which other lists leave out. */
function RunHere({ text, file, step, compiled, runId, examples, onRun }: DockProps): ReactElement {
  const { inputSchema } = compiled
  const offered = useMemo(() => firstInput(examples, inputSchema), [examples, inputSchema])
  const [typed, setTyped] = useState<unknown>()
  const [wrong, setWrong] = useState<string>()
  const value = typed === undefined ? offered : typed
  const { data: run } = useQuery({ ...queries.run(runId ?? ''), enabled: runId !== undefined })
  const { data: item } = useQuery({
    ...queries.item(runId ?? '', 0),
    enabled: runId !== undefined && run?.completedAt !== undefined,
  })
  const start = async (part: { until?: string; only?: string }) => {
    const problems = problemsIn(inputSchema, value)
    if (problems.size > 0) {
      const [[path, problem] = ['', '']] = problems
      return setWrong(`${path.slice(1)}: ${problem}`)
    }
    try {
      setWrong(undefined)
      const started = await client.startRun({
        flow: text,
        ...(file === undefined ? {} : { file }),
        input: value ?? {},
        kind: 'test',
        ...part,
      })
      onRun(started.runId)
      await queryClient.invalidateQueries({ queryKey: ['of-run', started.runId] })
    } catch (error) {
      setWrong((error as Error).message)
    }
  }
  return (
    <div className="run-here">
      <div>
        <FormOrJson key={typeof inputSchema} schema={inputSchema ?? {}} value={value} onChange={setTyped} />
        <div className="row">
          <Button look="primary" onPress={() => void start({})}>
            Whole flow
          </Button>
          {step === undefined ? null : (
            <>
              <Button onPress={() => void start({ until: step })}>Up to {step}</Button>
              <Button onPress={() => void start({ only: step })}>Only {step}</Button>
            </>
          )}
        </div>
        {wrong === undefined ? null : (
          <p className="wrong" role="alert">
            {wrong}
          </p>
        )}
      </div>
      <div>
        {run ? (
          <p className="row">
            <Status status={statusOf(run)} />
            <Link to="/runs/$runId" params={{ runId: run.runId }} search={{}} className="link mono">
              {shortId(run.runId)}
            </Link>
          </p>
        ) : null}
        {item?.result === undefined ? null : <OutcomeView result={item.result} what="result" />}
      </div>
    </div>
  )
}

function Tests({ name, text }: { name: string; text: string }): ReactElement {
  const [asked, setAsked] = useState<string>()
  const { data, error, isFetching } = useQuery({
    queryKey: ['flow', name, 'tests', asked],
    queryFn: () => client.testFlow(name, asked === undefined ? {} : { text: asked }),
    enabled: asked !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  })
  return (
    <div className="padded-block">
      <p className="row">
        <Button isDisabled={isFetching} onPress={() => setAsked(text)}>
          Run all
        </Button>
        {data ? (
          <span className="ink-2">
            {data.passed} passed, {data.failed} failed
          </span>
        ) : null}
      </p>
      {error ? <p className="wrong">{error.message}</p> : null}
      {isFetching ? <Outlines rows={2} /> : null}
      {data?.cases.length === 0 ? <p className="ink-3">The flow has no tests.</p> : null}
      <ul>
        {data?.cases.map(({ name: of, passed, differences }) => (
          <li key={of}>
            <Status status={passed ? 'success' : 'failed'} detail={of} />
            {differences?.map(({ path, expected, actual }) => (
              <p key={path} className="mono small ink-2">
                {path}: expected {JSON.stringify(expected)}, is {JSON.stringify(actual)}
              </p>
            ))}
          </li>
        ))}
      </ul>
    </div>
  )
}

function Versions({ name, onRestore }: { name: string; onRestore: (text: string) => void }): ReactElement {
  const { data } = useQuery(queries.versions(name))
  const restore = async (version: number) => onRestore((await client.getVersion(name, version)).text)
  if (!data) return <Outlines rows={3} />
  return (
    <table aria-label="Versions">
      <tbody>
        {data.versions.map(({ version, published, createdAt, by }) => (
          <tr key={version}>
            <td>v{version}</td>
            <td>{published ? 'published' : ''}</td>
            <td className="ink-2">{by}</td>
            <td className="ink-2">
              <Ago at={createdAt} />
            </td>
            <td className="right">
              <Button dense onPress={() => void restore(version)}>
                Restore
              </Button>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
