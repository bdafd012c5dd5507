// A table that renders only the visible rows: a thousand cost as much as forty.

import type { ComponentChildren, JSX } from 'preact'
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'

type Props<T> = {
  items: readonly T[]
  label: string
  columns: string
  head: ComponentChildren
  row: (item: T, index: number) => JSX.Element
}

const MORE = 12

export function VirtualTable<T>({ items, label, columns, head, row }: Props<T>) {
  const scroller = useRef<HTMLDivElement>(null)
  const [seen, setSeen] = useState({ first: 0, count: 40, height: 36 })

  useLayoutEffect(() => {
    const element = scroller.current
    if (!element) return
    const measure = () => {
      const height = Number.parseFloat(getComputedStyle(element).getPropertyValue('--row')) || 36
      const count = Math.ceil(element.clientHeight / height) + 2 * MORE
      // In steps, so most frames of a scroll render nothing new.
      const first = Math.max(0, Math.floor(element.scrollTop / height / 6) * 6 - MORE)
      setSeen((old) =>
        old.first === first && old.count === count && old.height === height ? old : { first, count, height }
      )
    }
    const resized = new ResizeObserver(measure)
    resized.observe(element)
    element.addEventListener('scroll', measure, { passive: true })
    return () => {
      resized.disconnect()
      element.removeEventListener('scroll', measure)
    }
  }, [])

  // A rendered row is the same object after a scroll, so Preact skips it.
  const drawn = useMemo(() => new Map<number, JSX.Element>(), [items, row])
  const draw = (item: T, index: number) => {
    const known = drawn.get(index) ?? row(item, index)
    drawn.set(index, known)
    return known
  }
  const first = Math.min(seen.first, Math.max(0, items.length - 1))
  return (
    <div
      class="vtable"
      role="table"
      aria-label={label}
      aria-rowcount={items.length + 1}
      style={{ '--columns': columns }}
    >
      <div role="rowgroup">
        <div class="vrow head" role="row" aria-rowindex={1}>
          {head}
        </div>
      </div>
      <div class="vtable-scroll" role="rowgroup" ref={scroller} tabIndex={0} aria-label={`Rows of ${label}`}>
        <div class="vtable-space" role="presentation" style={{ height: `${items.length * seen.height}px` }}>
          <div class="vtable-rows" role="presentation" style={{ transform: `translateY(${first * seen.height}px)` }}>
            {items.slice(first, first + seen.count).map((item, index) => draw(item, first + index))}
          </div>
        </div>
      </div>
    </div>
  )
}
