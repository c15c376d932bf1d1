// When flows start by themselves: switches, the next times, what ran last.

import type { Schedule } from '@stepflow/api'
import { useQuery } from '@tanstack/react-query'
import { createLazyRoute, Link } from '@tanstack/react-router'
import { type ReactElement, useState } from 'react'
import { client } from '../../api/client.ts'
import { queries, queryClient } from '../../api/queries.ts'
import { statusOf } from '../../model/run-words.ts'
import { Button } from '../../parts/button.tsx'
import { ManagePage } from '../../parts/manage-page.tsx'
import { PanelTitle } from '../../parts/panel-title.tsx'
import { type Column, Rows } from '../../parts/rows.tsx'
import { Status } from '../../parts/status.tsx'
import { Switch } from '../../parts/switch.tsx'
import { Ago, WholeTime } from '../../parts/time.tsx'
import { attempt, say } from '../../parts/toasts.tsx'
import { useTitle } from '../../shell/title.ts'

export const schedulesPage = createLazyRoute('/schedules')({ component: SchedulesPage })

// ---

function SchedulesPage(): ReactElement {
  useTitle('Schedules')
  const query = useQuery(queries.schedules())
  const { data: info } = useQuery(queries.info())
  const [open, setOpen] = useState<string>()
  const isAdmin = info?.role === 'admin'
  const choose = (id: string) => setOpen(id === open ? undefined : id)
  return (
    <ManagePage title="Schedules" query={query}>
      {({ schedules }) => {
        const chosen = schedules.find(({ id }) => id === open)
        return (
          <div className={chosen ? 'split' : 'split alone'}>
            <Rows
              label="Schedules"
              columns={columnsOf(isAdmin, choose)}
              rows={schedules}
              keyOf={({ id }) => id}
              selected={open}
              onOpen={({ id }) => choose(id)}
              isDimmed={({ enabled }) => !enabled}
              empty={
                <div className="empty">
                  <p>No flow starts by itself. A trigger in a flow does it:</p>
                  <code>triggers: [&#123; schedule: "0 7 * * 1-5", timezone: Europe/Berlin &#125;]</code>
                </div>
              }
            />
            {chosen ? <Next schedule={chosen} onClose={() => setOpen(undefined)} isAdmin={isAdmin} /> : null}
          </div>
        )
      }}
    </ManagePage>
  )
}

async function setEnabled(schedule: Schedule, enabled: boolean): Promise<void> {
  await attempt(async () => {
    await client.changeSchedule(schedule.id, { enabled })
    await queryClient.invalidateQueries({ queryKey: ['schedules'] })
    say(`${schedule.flow} ${enabled ? 'starts' : 'no longer starts'} by itself`, {
      undo: () => void setEnabled(schedule, !enabled),
    })
  })
}

function columnsOf(isAdmin: boolean, onOpen: (id: string) => void): Column<Schedule>[] {
  return [
    {
      name: 'On',
      width: '64px',
      cell: (schedule) => (
        <Switch
          label={`Enabled: ${schedule.flow}`}
          isOn={schedule.enabled}
          isDisabled={!isAdmin}
          onChange={(isOn) => void setEnabled(schedule, isOn)}
        />
      ),
    },
    {
      name: 'Flow',
      width: '144px',
      cell: ({ flow }) => (
        <Link to="/flows/$name" params={{ name: flow }}>
          {flow}
        </Link>
      ),
    },
    {
      name: 'When',
      // What a click on the row does, for whoever has no pointer.
      cell: ({ id, description, cron }) => (
        <button type="button" className="as-text cut" title={cron} onClick={() => onOpen(id)}>
          {description}
        </button>
      ),
    },
    {
      name: 'Zone',
      width: '136px',
      isExtra: true,
      isWide: true,
      cell: ({ timezone }) => <span className="ink-2">{timezone}</span>,
    },
    {
      name: 'Last run',
      width: '112px',
      isExtra: true,
      cell: ({ lastRun, problem }) =>
        problem ? (
          <span className="failed" title={problem.message}>
            {problem.code}
          </span>
        ) : lastRun ? (
          <Link to="/runs/$runId" params={{ runId: lastRun.runId }} search={{}}>
            <Status status={statusOf(lastRun)} />
          </Link>
        ) : null,
    },
    {
      name: 'Next',
      width: '80px',
      isRight: true,
      cell: ({ next, enabled }) => (enabled && next[0] ? <Ago at={next[0]} /> : null),
    },
  ]
}

interface NextProps {
  readonly schedule: Schedule
  readonly onClose: () => void
  readonly isAdmin: boolean
}

function Next({ schedule, onClose, isAdmin }: NextProps): ReactElement {
  const { id, flow, cron, timezone, next, overlap, catchUp, from, problem } = schedule
  const runNow = () => attempt(() => client.runSchedule(id), `${flow} has started`)
  const remove = () =>
    attempt(async () => {
      await client.deleteSchedule(id)
      await queryClient.invalidateQueries({ queryKey: ['schedules'] })
      onClose()
    }, 'The schedule is removed')
  return (
    <aside className="panel" aria-label={`Schedule of ${flow}`}>
      <div className="top">
        <PanelTitle onClose={onClose}>{flow}</PanelTitle>
        <p className="mono ink-2">{cron}</p>
      </div>
      {problem ? (
        <div className="section">
          <div className="fault">
            <span className="code">{problem.code}</span>
            <p>{problem.message}</p>
          </div>
        </div>
      ) : null}
      <div className="section">
        <h3>Next 5</h3>
        <ol className="next-times">
          {next.map((at, i) => (
            <li key={at}>
              {isClockChange(next[i - 1], at, timezone) ? <p className="clock-change">The clocks change</p> : null}
              <span>{inZone(at, timezone)}</span>
              <span className="ink-3 small">
                <WholeTime at={at} />
              </span>
            </li>
          ))}
        </ol>
      </div>
      <dl className="pairs section">
        <dt>Zone</dt>
        <dd>{timezone}</dd>
        <dt>Overlap</dt>
        <dd>{overlap}</dd>
        <dt>Catches up</dt>
        <dd>{catchUp === 0 ? 'nothing' : `the newest ${catchUp}`}</dd>
        <dt>From</dt>
        <dd>{from === 'file' ? 'the flow' : 'the API'}</dd>
      </dl>
      {isAdmin ? (
        <div className="foot">
          <Button onPress={() => void runNow()}>Run now</Button>
          {from === 'api' ? (
            <Button look="danger" onPress={() => void remove()}>
              Delete
            </Button>
          ) : null}
        </div>
      ) : null}
    </aside>
  )
}

function inZone(at: string, timeZone: string): string {
  const options = {
    timeZone,
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
  } as const
  return new Date(at).toLocaleString('en-GB', options)
}

/** Does the zone have another distance from UTC than before? */
function isClockChange(before: string | undefined, at: string, timeZone: string): boolean {
  if (before === undefined) return false
  const offset = (time: string) =>
    new Intl.DateTimeFormat('en-GB', { timeZone, timeZoneName: 'longOffset' })
      .formatToParts(new Date(time))
      .find(({ type }) => type === 'timeZoneName')?.value
  return offset(before) !== offset(at)
}
