// A plain table in a panel. Its last column has the actions.

import type { JSX } from 'preact'

type Head = string | { label: string; isEnd: true }
type Props<T> = { heads: Head[]; items: readonly T[]; row: (item: T) => JSX.Element; hasActions?: boolean }

export function Table<T>({ heads, items, row, hasActions = true }: Props<T>) {
  return (
    <div class="panel table-panel">
      <table class="plain">
        <thead>
          <tr>
            {heads.map((head) => {
              const { label, isEnd = false } = typeof head === 'string' ? { label: head } : head
              return (
                <th key={label} class={isEnd ? 'end' : undefined}>
                  {label}
                </th>
              )
            })}
            {hasActions && (
              <th>
                <span class="hidden">Actions</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>{items.map(row)}</tbody>
      </table>
    </div>
  )
}
