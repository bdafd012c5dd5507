// A live plot over time. Plots with the same `sync` share one crosshair.

import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { useEffect, useRef, useState } from 'preact/hooks'
import { theme } from '../state/theme.ts'

type Line = { label: string; values: readonly number[] }
type Props = {
  title: string
  /** Unix seconds, one for each value. */
  times: readonly number[]
  lines: readonly Line[]
  format: (value: number) => string
  /** The minimum of the axis' upper end. */
  top?: number | undefined
  sync: string
  /** Bytes need other axis steps. */
  isBytes?: boolean
}

const HEIGHT = 130
/**
 * The visible range: at first a minute, so that a new curve has a shape, and at most five, since the server keeps no
 * more.
 */
const SPAN_SECONDS = { least: 60, most: 300 }
/** Steps of an axis of bytes with round labels. */
const BYTE_STEPS = Array.from({ length: 40 }, (_, power) => 2 ** power)

export function Plot({ title, times, lines, format, top, sync, isBytes = false }: Props) {
  const box = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | undefined>(undefined)
  const [at, setAt] = useState<number | null>(null)
  const least = isBytes ? 1_024 : 1
  const data: uPlot.AlignedData = [[...times], ...lines.map(({ values }) => [...values])]

  useEffect(() => {
    const element = box.current
    if (!element) return
    const made = new uPlot(
      {
        ...optionsOf({ element, count: lines.length, format, sync, isBytes, onMove: setAt }),
        scales: {
          x: { range: (_self, low, high) => rangeOf(low, high) },
          y: { range: (_self, _low, high) => [0, Math.max(top ?? 0, high * 1.1, least)] }
        }
      },
      data,
      element
    )
    plot.current = made
    const resized = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT }))
    resized.observe(element)
    return () => {
      resized.disconnect()
      made.destroy()
    }
  }, [theme.value, sync, top])
  useEffect(() => plot.current?.setData(data), [times, lines])

  const index = at ?? times.length - 1
  return (
    <figure class="panel plot" aria-label={title}>
      <h2>
        {title}
        <span class="legend">
          {lines.map(({ label, values }) => (
            <span key={label}>
              {lines.length > 1 && (
                <>
                  <i />
                  {label}{' '}
                </>
              )}
              {values[index] === undefined ? '–' : format(values[index])}
            </span>
          ))}
        </span>
      </h2>
      <div class="plot-canvas" ref={box} role="img" aria-label={`${title} over the last minutes`} />
    </figure>
  )
}

type Asked = Pick<Props, 'format' | 'sync'> & {
  element: HTMLElement
  count: number
  isBytes: boolean
  onMove: (index: number | null) => void
}

function optionsOf({ element, count, format, sync, isBytes, onMove }: Asked): Omit<uPlot.Options, 'scales'> {
  const grid = { stroke: colourOf(element, '--line'), width: 1 }
  const axis = {
    stroke: colourOf(element, '--ink-3'),
    grid,
    ticks: { show: false },
    font: '11px system-ui, sans-serif'
  }
  return {
    width: element.clientWidth,
    height: HEIGHT,
    padding: [8, 26, 0, 0],
    legend: { show: false },
    cursor: { sync: { key: sync }, drag: { x: false, y: false }, points: { size: 6 } },
    axes: [
      {
        ...axis,
        size: 24,
        space: 70,
        values: (_self, values, _axis, _space, step) => values.map((at) => timeOf(at, step))
      },
      {
        ...axis,
        size: 62,
        space: 34,
        ...(isBytes && { incrs: BYTE_STEPS }),
        values: (_self, values) => values.map(format)
      }
    ],
    series: [
      {},
      ...Array.from({ length: count }, (_, index) => ({
        stroke: colourOf(element, `--plot-${index + 1}`),
        width: 1.5,
        points: { show: false }
      }))
    ],
    hooks: { setCursor: [({ cursor }) => onMove(cursor.idx ?? null)] }
  }
}

function rangeOf(low: number | null, high: number | null): [number, number] {
  const end = high ?? Date.now() / 1_000
  const span = Math.min(SPAN_SECONDS.most, Math.max(SPAN_SECONDS.least, end - (low ?? end)))
  return [end - span, end]
}

function timeOf(seconds: number, step: number): string {
  return new Date(seconds * 1_000).toLocaleTimeString([], {
    hour: '2-digit',
    minute: '2-digit',
    ...(step < 60 && { second: '2-digit' }),
    hourCycle: 'h23'
  })
}

/** The colour of a design token in the current theme, in a form for a canvas. */
function colourOf(element: HTMLElement, name: string): string {
  const before = element.style.color
  element.style.color = `var(${name})`
  const { color } = getComputedStyle(element)
  element.style.color = before
  return color
}
