// The whole range of ports as a live map, one cell per port.

import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { ask } from '../../api/client.ts'
import { onEvent, soon } from '../../state/feed.ts'
import { go, hrefOf } from '../../state/route.ts'
import { ProblemBox, Skeleton, useLoad } from '../../ui/parts.tsx'
import { cellsOf, STATES, step, type Cell, type PortState } from './cells.ts'

export function Ports() {
  const { value, problem, again } = useLoad(() => ask('getPorts', {}))
  const [only, setOnly] = useState<PortState>()
  const [at, setAt] = useState<number>()
  useEffect(() => {
    const read = soon(again, 200)
    return onEvent(({ type }) => {
      if (type.startsWith('port.') || type === 'resync' || type.startsWith('engine.')) read()
    })
  }, [])
  const cells = useMemo(() => (value ? cellsOf(value) : []), [value])
  const shown = at === undefined ? undefined : cells[at]
  return (
    <>
      <div class="view-head">
        <h1>Ports</h1>
        {value && (
          <span class="muted">
            {value.available_range}
            {value.next.tcp === null ? ', none left' : `, next ${value.next.tcp}`}
          </span>
        )}
      </div>
      <div class="view-body">
        {problem && <ProblemBox problem={problem} again={again} />}
        {!value && !problem && <Skeleton />}
        {value && (
          <>
            <div class="port-legend" role="group" aria-label="States">
              {STATES.map(({ state, label, about }) => (
                <button
                  key={state}
                  type="button"
                  class="chip"
                  title={about}
                  aria-pressed={only === state}
                  onClick={() => setOnly(only === state ? undefined : state)}
                >
                  <i class="port" data-state={state} /> {label} <b>{value.counts[state]}</b>
                </button>
              ))}
            </div>
            <About cell={shown} next={value.next.tcp} />
            <Map cells={cells} next={value.next.tcp} only={only} at={at} onAt={setAt} />
          </>
        )}
      </div>
    </>
  )
}

function About({ cell, next }: { cell: Cell | undefined; next: number | null }) {
  if (!cell)
    return (
      <div class="panel port-about muted">
        Point at a cell, or walk with the arrow keys. Enter opens the container that holds the port.
      </div>
    )
  const { port, state, holder, reason } = cell
  return (
    <div class="panel port-about" role="status">
      <b>{port}</b>
      <span class="tag">{state}</span>
      {holder && <a href={hrefOf('containers', holder.id)}>{holder.name}</a>}
      {holder && !holder.managed && <span class="muted">not created by Berth</span>}
      {port === next && <span class="good">The next create gets it.</span>}
      <span class="muted">{reason ?? STATES.find((each) => each.state === state)?.about}</span>
    </div>
  )
}

type MapProps = {
  cells: Cell[]
  next: number | null
  only: PortState | undefined
  at: number | undefined
  onAt: (index: number) => void
}

const CELL_PX = 22
const WIDEST = 50

function Map({ cells, next, only, at, onAt }: MapProps) {
  const grid = useRef<HTMLDivElement>(null)
  const [columns, setColumns] = useState(WIDEST)
  useEffect(() => {
    const element = grid.current
    if (!element) return
    // A multiple of ten, so each row begins with a round number.
    const measure = () =>
      setColumns(Math.min(WIDEST, Math.max(10, Math.floor(element.clientWidth / CELL_PX / 10) * 10)))
    const resized = new ResizeObserver(measure)
    resized.observe(element)
    return () => resized.disconnect()
  }, [])

  const indexOf = (target: EventTarget | null) => Number((target as HTMLElement).dataset['index'] ?? -1)
  const point = ({ target }: Event) => indexOf(target) >= 0 && onAt(indexOf(target))
  const onKeyDown = (event: KeyboardEvent) => {
    const next = step(event.key, at ?? 0, columns, cells.length)
    if (next === undefined) return
    event.preventDefault()
    grid.current?.querySelector<HTMLElement>(`[data-index="${next}"]`)?.focus()
  }
  const onClick = ({ target }: Event) => {
    const holder = cells[indexOf(target)]?.holder
    if (holder) go(hrefOf('containers', holder.id))
  }
  return (
    <div
      class="panel port-map"
      ref={grid}
      role="group"
      aria-label="Port map"
      style={{ '--columns': String(columns) }}
      onKeyDown={onKeyDown}
      onFocusCapture={point}
      onPointerOver={point}
      onClick={onClick}
    >
      {cells.map(({ port, state, holder }, index) => (
        <>
          {index % columns === 0 && (
            <span class="port-row" key={`row ${port}`} aria-hidden="true">
              {port}
            </span>
          )}
          <button
            key={port}
            type="button"
            class="port"
            data-index={index}
            data-state={state}
            data-next={port === next ? '' : undefined}
            data-dim={only !== undefined && only !== state ? '' : undefined}
            tabIndex={index === (at ?? 0) ? 0 : -1}
            aria-label={[port, state, holder?.name, port === next && 'next'].filter(Boolean).join(' ')}
          />
        </>
      ))}
    </div>
  )
}
