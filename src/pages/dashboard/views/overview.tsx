// The host at a glance: its state, its top containers, problems, recent events.

import { useEffect } from 'preact/hooks'
import { ask } from '../api/client.ts'
import type { BerthEvent, Container } from '../../../client/api.ts'
import { bytes, capital, percent, plural } from '../../../lib/format.ts'
import { act, verbsFor } from '../state/actions.ts'
import { byId, containers, listProblem, loadContainers } from '../state/containers.ts'
import { recent } from '../state/feed.ts'
import { host, viewHost } from '../state/host.ts'
import { hrefOf } from '../state/route.ts'
import { latest, tick, viewStats } from '../state/stats.ts'
import { Icon } from '../ui/icon.tsx'
import { Empty, ProblemBox, Time, useLoad } from '../ui/parts.tsx'
import { Plot } from '../ui/plot.tsx'
import { State } from '../ui/state.tsx'
import { aboutOf, factOf } from './container/events.tsx'
import { needsAttention } from './containers/rows.ts'

const SHOWN = 8
const NEARLY_FULL = 85

export function Overview() {
  useEffect(viewStats, [])
  useEffect(viewHost, [])
  return (
    <>
      <div class="view-head">
        <h1>Overview</h1>
        <a class="button main" href={hrefOf('create')}>
          <Icon name="plus" /> Create
        </a>
      </div>
      <div class="view-body rows">
        {listProblem.value && <ProblemBox problem={listProblem.value} again={() => void loadContainers()} />}
        <Figures />
        <Attention />
        <Machine />
        <div class="split">
          <Busiest />
          <Happened />
        </div>
      </div>
    </>
  )
}

function Figures() {
  const all = containers.value ?? []
  const running = all.filter(({ state }) => state === 'running').length
  const { value: ports } = useLoad(() => ask('getPorts', {}), [all.length, running])
  const now = host.value.at(-1)
  const disk = now?.disks.find(({ mount }) => mount === '/') ?? now?.disks[0]
  return (
    <div class="figures">
      <a class="panel figure" href={`${hrefOf('containers')}?show=running`}>
        <b>{running}</b>
        <span>of {plural(all.length, 'container')} run</span>
      </a>
      <a class="panel figure" href={hrefOf('ports')}>
        <b>{ports?.counts.free ?? '–'}</b>
        <span>of {ports?.total_ports ?? '–'} ports free</span>
      </a>
      <div class="panel figure">
        <b>{now ? percent(now.cpu_percent) : '–'}</b>
        <span>of {now ? plural(now.cores.length, 'core') : 'the cores'}</span>
      </div>
      <div class="panel figure">
        <b>{now ? percent(now.memory_percent) : '–'}</b>
        <span>of {now ? `${bytes(now.memory.total_bytes)} memory` : 'the memory'}</span>
      </div>
      <div class="panel figure">
        <b>{disk ? bytes(disk.available_bytes) : '–'}</b>
        <span>free of {disk ? `${bytes(disk.size_bytes)} disk` : 'the disk'}</span>
      </div>
    </div>
  )
}

/** Shown only if something is wrong. */
function Attention() {
  const bad = (containers.value ?? []).filter(needsAttention)
  const full = (host.value.at(-1)?.disks ?? []).filter(({ used_percent: used }) => used >= NEARLY_FULL)
  if (bad.length + full.length === 0) return null
  return (
    <section class="panel">
      <h2>Needs attention</h2>
      {full.map(({ mount, used_percent: used, available_bytes: free }) => (
        <div class="list-line" key={mount}>
          <span class="warn">
            The disk at <code>{mount}</code> is {percent(used)} full, {bytes(free)} left.
          </span>
          <a class="button small push" href={`${hrefOf('images')}?prune=1`}>
            Clean up
          </a>
        </div>
      ))}
      {bad.slice(0, SHOWN).map((container) => (
        <Troubled key={container.id} container={container} />
      ))}
      {bad.length > SHOWN && <a href={`${hrefOf('containers')}?show=trouble`}>All {bad.length}</a>}
    </section>
  )
}

function Troubled({ container }: { container: Container }) {
  const [help] = verbsFor(container)
  const verb = container.state === 'running' ? 'restart' : help
  return (
    <div class="list-line">
      <a class="name-link clip" href={hrefOf('containers', container.id)}>
        {container.name}
      </a>
      <State container={container} />
      {container.restart_count > 0 && <span class="muted optional">{plural(container.restart_count, 'restart')}</span>}
      <span class="push actions-line">
        <a class="button small" href={hrefOf('containers', container.id, 'logs')}>
          Logs
        </a>
        {verb && (
          <button type="button" class="button small" onClick={() => void act(verb, [container])}>
            {capital(verb)}
          </button>
        )}
      </span>
    </div>
  )
}

function Machine() {
  const points = host.value
  const times = points.map(({ sampled_at: at }) => Date.parse(at) / 1_000)
  const sum = (field: 'rx_per_second' | 'tx_per_second') =>
    points.map(({ networks }) => networks.reduce((total, each) => total + each[field], 0))
  const rate = (value: number) => `${bytes(value)}/s`
  const total = points[0]?.memory.total_bytes
  return (
    <div class="plots">
      <Plot
        title="CPU"
        sync="host"
        times={times}
        format={percent}
        top={100}
        lines={[{ label: 'CPU', values: points.map((each) => each.cpu_percent) }]}
      />
      <Plot
        title="Memory"
        sync="host"
        times={times}
        format={bytes}
        isBytes
        top={total}
        lines={[{ label: 'Memory', values: points.map((each) => each.memory.used_bytes) }]}
      />
      <Plot
        title="Network"
        sync="host"
        times={times}
        format={rate}
        isBytes
        lines={[
          { label: 'received', values: sum('rx_per_second') },
          { label: 'sent', values: sum('tx_per_second') }
        ]}
      />
    </div>
  )
}

function Busiest() {
  void tick.value
  const busiest = [...latest.values()].toSorted(
    (a, b) => b.cpu_percent - a.cpu_percent || b.memory_bytes - a.memory_bytes
  )
  return (
    <section class="panel">
      <h2>Top containers</h2>
      {busiest.length === 0 && <Empty>No running containers.</Empty>}
      {busiest
        .slice(0, SHOWN)
        .map(({ container_id: id, name, cpu_percent: cpu, memory_bytes: memory, memory_percent: share }) => (
          <div class="list-line" key={id}>
            <a class="name-link clip" href={hrefOf('containers', id)}>
              {name}
            </a>
            <span class="push muted figure-cell">{percent(cpu)}</span>
            <span class="muted figure-cell">{bytes(memory)}</span>
            <span class="meter" aria-hidden="true">
              <i class={share >= NEARLY_FULL ? 'high' : ''} style={{ width: `${Math.min(100, share)}%` }} />
            </span>
          </div>
        ))}
    </section>
  )
}

function Happened() {
  const events = recent.value.filter(({ type }) => !type.startsWith('port.'))
  return (
    <section class="panel">
      <h2>Recent events</h2>
      {events.length === 0 && <Empty>No events in the last hour.</Empty>}
      {events.slice(0, SHOWN).map((event, index) => (
        <div class="list-line" key={`${event.time} ${event.type} ${index}`}>
          <span class="tag">{event.type}</span>
          <Subject event={event} />
          <span class="muted clip optional">{aboutOf(event)}</span>
          <span class="push muted">
            <Time at={event.time} />
          </span>
        </div>
      ))}
    </section>
  )
}

function Subject({ event }: { event: BerthEvent }) {
  const name = factOf(event, 'name') || factOf(event, 'image_name')
  const id = factOf(event, 'id')
  if (event.type.startsWith('build')) return <a href={hrefOf('builds', id)}>{name || 'build'}</a>
  return byId.value.has(id) ? (
    <a class="name-link clip" href={hrefOf('containers', id)}>
      {name}
    </a>
  ) : (
    <span class="clip">{name}</span>
  )
}
