// The versions of the flow that is edited: compared with what is written, and put in its place.

import { useQuery } from '@tanstack/react-query'
import { lazy, type ReactElement, Suspense, useState } from 'react'
import { queries, queryClient } from '../../api/queries.ts'
import { Button } from '../../parts/button.tsx'
import { Ago } from '../../parts/time.tsx'
import { attempt } from '../../parts/toasts.tsx'
import { Outlines } from '../../parts/waiting.tsx'
import type { DockProps } from './dock-props.ts'

const VersionDiff = lazy(() => import('../../shell/version-diff.tsx').then((found) => ({ default: found.VersionDiff })))

export function Versions(props: DockProps & { readonly name: string }): ReactElement {
  const { name, text, file, mayChange, onRestore } = props
  const { data } = useQuery(queries.versions(name))
  const [compared, setCompared] = useState<number>()
  const restore = (version: number) =>
    attempt(
      async () => onRestore((await queryClient.fetchQuery(queries.version(name, version))).text),
      `The text is that of v${version}: save it to have it back`,
    )
  if (!data) return <Outlines rows={3} />
  return (
    <>
      <table aria-label="Versions">
        <colgroup>
          <col style={{ width: '72px' }} />
          <col style={{ width: '112px' }} />
          <col />
          <col style={{ width: '112px' }} />
          <col style={{ width: '200px' }} />
        </colgroup>
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
                <span className="row of-row">
                  <Button dense aria-label={`Compare v${version}`} onPress={() => setCompared(version)}>
                    Compare
                  </Button>
                  {mayChange ? (
                    <Button dense aria-label={`Restore v${version}`} onPress={() => void restore(version)}>
                      Restore
                    </Button>
                  ) : null}
                </span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {compared === undefined ? null : (
        <Suspense>
          <VersionDiff
            name={name}
            file={file}
            versions={data.versions.map(({ version }) => version)}
            version={compared}
            written={text}
            onClose={() => setCompared(undefined)}
          />
        </Suspense>
      )}
    </>
  )
}
