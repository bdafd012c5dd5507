// The resource usage of a container, live, for five minutes.

import { useEffect, useState } from 'preact/hooks'
import { ask, problemFrom } from '../../api/client.ts'
import { follow } from '../../api/stream.ts'
import type { Container, ContainerStats, Problem, StatsHistory } from '../../../../client/api.ts'
import { bytes, percent } from '../../../../lib/format.ts'
import { Plot } from '../../ui/plot.tsx'
import { Empty, ProblemBox, Skeleton } from '../../ui/parts.tsx'

type Point = StatsHistory['points'][number]

const KEPT = 300

export function Usage({ container }: { container: Container }) {
  const [points, setPoints] = useState<Point[]>()
  const [problem, setProblem] = useState<Problem>()
  const isRunning = container.state === 'running'

  useEffect(() => {
    if (!isRunning) return
    let isCurrent = true
    let stop = () => {}
    const add = (point: Point) => setPoints((old = []) => [...old, point].slice(-KEPT))
    ask('getContainerStatsHistory', { id: container.id }).then(
      ({ points: history }) => {
        if (!isCurrent) return
        setPoints(history)
        stop = follow(`/containers/${container.id}/stats/stream`, {
          onMessage: (name, data) => {
            if (name === 'stats') add(data as ContainerStats)
          }
        })
      },
      (error: unknown) => setProblem(problemFrom(error))
    )
    return () => {
      isCurrent = false
      stop()
    }
  }, [container.id, isRunning])

  if (!isRunning && !points)
    return (
      <Empty>
        <p>It is not running, so it uses only disk space.</p>
      </Empty>
    )
  if (problem) return <ProblemBox problem={problem} />
  if (!points) return <Skeleton />
  const times = points.map(({ sampled_at: at }) => Date.parse(at) / 1_000)
  const of = (field: Exclude<keyof Point, 'sampled_at'>) => points.map((point) => point[field])
  const rate = (value: number) => `${bytes(value)}/s`
  const { cpus, memory, pids } = container.limits
  const sync = container.id
  return (
    <div class="plots">
      <Plot
        title="CPU"
        times={times}
        sync={sync}
        format={percent}
        top={cpus ? cpus * 100 : undefined}
        lines={[{ label: 'CPU', values: of('cpu_percent') }]}
      />
      <Plot
        title={memory ? `Memory of ${bytes(memory)}` : 'Memory'}
        times={times}
        sync={sync}
        format={bytes}
        isBytes
        top={memory ?? undefined}
        lines={[{ label: 'Memory', values: of('memory_bytes') }]}
      />
      <Plot
        title="Network"
        times={times}
        sync={sync}
        format={rate}
        isBytes
        lines={[
          { label: 'received', values: of('network_rx_per_second') },
          { label: 'sent', values: of('network_tx_per_second') }
        ]}
      />
      <Plot
        title="Block I/O"
        times={times}
        sync={sync}
        format={rate}
        isBytes
        lines={[
          { label: 'read', values: of('block_read_per_second') },
          { label: 'written', values: of('block_write_per_second') }
        ]}
      />
      <Plot
        title={pids ? `Processes of ${pids}` : 'Processes'}
        times={times}
        sync={sync}
        format={String}
        lines={[{ label: 'Processes', values: of('pids') }]}
      />
    </div>
  )
}
