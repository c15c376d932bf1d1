// One flow: what it is, what starts it, its versions, its last runs; and a way to run it.

import type { FlowDetail } from '@stepflow/api'
import { useQuery } from '@tanstack/react-query'
import { createLazyRoute, Link, useParams } from '@tanstack/react-router'
import { lazy, type ReactElement, Suspense, useState } from 'react'
import { serverUrl } from '../../api/base.ts'
import { client } from '../../api/client.ts'
import { queries, queryClient } from '../../api/queries.ts'
import { shortId } from '../../model/format.ts'
import { detailOf, statusOf } from '../../model/run-words.ts'
import { Button, buttonClass } from '../../parts/button.tsx'
import { Copy } from '../../parts/copy.tsx'
import { Status } from '../../parts/status.tsx'
import { Ago } from '../../parts/time.tsx'
import { attempt } from '../../parts/toasts.tsx'
import { Crumb } from '../../shell/crumb.tsx'
import { Found } from '../../shell/found.tsx'
import { NewRun } from '../../shell/new-run.tsx'
import { useTitle } from '../../shell/title.ts'

export const flowPage = createLazyRoute('/flows/$name')({ component: FlowPage })

// ---

const VersionDiff = lazy(() => import('../../shell/version-diff.tsx').then((found) => ({ default: found.VersionDiff })))

function FlowPage(): ReactElement {
  const { name } = useParams({ from: '/flows/$name' })
  useTitle(name)
  return (
    <Found query={useQuery(queries.flow(name))} what={name}>
      {(flow) => <Loaded name={name} flow={flow} />}
    </Found>
  )
}

function Loaded({ name, flow }: { name: string; flow: FlowDetail }): ReactElement {
  const [isRunOpen, setRunOpen] = useState(false)
  const [compared, setCompared] = useState<number>()
  const { data: info } = useQuery(queries.info())
  const { data: versions } = useQuery(queries.versions(name))
  const { data: runs } = useQuery(queries.runsOf(name))
  const mayRun = info?.role === 'operator' || info?.role === 'admin'
  const publish = (version: number) =>
    attempt(async () => {
      await client.publishFlow(name, version)
      await queryClient.invalidateQueries()
    }, `Version ${version} is published`)
  return (
    <>
      <header className="head">
        <Crumb to="/flows" word="Flows" />
        <h1>{name}</h1>
        <span className="fill" />
        <Link to="/flows/$name/edit" params={{ name }} className={buttonClass()}>
          Edit
        </Link>
        {mayRun ? (
          <Button look="primary" onPress={() => setRunOpen(true)}>
            Run
          </Button>
        ) : null}
        {isRunOpen ? <NewRun name={name} onClose={() => setRunOpen(false)} /> : null}
      </header>
      <div className="scroll">
        {flow.description ? <p className="padded-line ink-2">{flow.description}</p> : null}
        {flow.file ? <p className="padded-line mono ink-3">{flow.file}</p> : null}
        {flow.diagnostics.length > 0 ? (
          <ul className="problems" aria-label="Problems">
            {flow.diagnostics.map(({ level, message, line, column }, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: they never move
              <li key={i} className={level === 'error' || level === 'fatal' ? 'failed' : 'waiting'}>
                {line === undefined ? '' : `${line}:${column ?? 1} `}
                {message}
              </li>
            ))}
          </ul>
        ) : null}
        {flow.triggers.length > 0 ? (
          <>
            <h2 className="padded-line">Triggers</h2>
            <table aria-label="Triggers">
              <tbody>
                {flow.triggers.map((trigger) => {
                  const { word, address } = triggerText(trigger)
                  return (
                    <tr key={word + address}>
                      <td>{word}</td>
                      <td className="mono">
                        {address} <Copy text={address} what="address" />
                      </td>
                    </tr>
                  )
                })}
              </tbody>
            </table>
          </>
        ) : null}
        <h2 className="padded-line">Last runs</h2>
        <table aria-label="Last runs">
          <colgroup>
            <col style={{ width: '240px' }} />
            <col style={{ width: '120px' }} />
            <col />
            <col style={{ width: '120px' }} />
          </colgroup>
          <tbody>
            {(runs?.runs ?? []).map((run) => (
              <tr key={run.runId}>
                <td>
                  <Status status={statusOf(run)} detail={detailOf(run)} />
                </td>
                <td className="name">
                  <Link to="/runs/$runId" params={{ runId: run.runId }} search={{}} className="mono">
                    {shortId(run.runId)}
                  </Link>
                </td>
                <td className="ink-2">{run.trigger.type}</td>
                <td className="right ink-2">
                  <Ago at={run.createdAt} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
        {runs?.runs.length === 0 ? <p className="padded-line ink-3">It has not run yet.</p> : null}
        <h2 className="padded-line">Versions</h2>
        <table aria-label="Versions">
          <colgroup>
            <col style={{ width: '240px' }} />
            <col style={{ width: '120px' }} />
            <col />
            <col style={{ width: '200px' }} />
            <col style={{ width: '120px' }} />
          </colgroup>
          <tbody>
            {(versions?.versions ?? []).map(({ version, published, createdAt, by }) => (
              <tr key={version}>
                <td>v{version}</td>
                <td className="name">{published ? 'published' : null}</td>
                <td className="ink-2">{by}</td>
                <td className="right">
                  <span className="row of-row">
                    {versions && versions.versions.length > 1 ? (
                      <Button dense aria-label={`Compare v${version}`} onPress={() => setCompared(version)}>
                        Compare
                      </Button>
                    ) : null}
                    {info?.role === 'admin' && !published ? (
                      <Button dense aria-label={`Publish v${version}`} onPress={() => void publish(version)}>
                        Publish
                      </Button>
                    ) : null}
                  </span>
                </td>
                <td className="right ink-2">
                  <Ago at={createdAt} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {compared === undefined ? null : (
        <Suspense>
          <VersionDiff
            name={name}
            file={flow.file}
            versions={versions?.versions.map(({ version }) => version) ?? []}
            version={compared}
            onClose={() => setCompared(undefined)}
          />
        </Suspense>
      )}
    </>
  )
}

/** What starts the flow, and what one needs to know to use it. */
function triggerText(trigger: unknown): { word: string; address: string } {
  const { schedule, webhook, path, mcp, timezone } = trigger as Readonly<Record<string, string | undefined>>
  if (webhook !== undefined) return { word: 'Webhook', address: `${location.origin}${path}` }
  if (mcp !== undefined) return { word: `MCP tool ${mcp}`, address: `${serverUrl}/mcp` }
  return { word: 'Schedule', address: `${schedule} ${timezone ?? 'UTC'}` }
}
