import { useRef } from 'preact/hooks'
import { Icon } from '../../ui/icon.tsx'
import { isWanted, OPTIONAL, want } from './columns.ts'

export function ColumnMenu() {
  const menu = useRef<HTMLDetailsElement>(null)
  const close = () => menu.current?.removeAttribute('open')
  return (
    <details
      class="menu"
      ref={menu}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return
        close()
        menu.current?.querySelector('summary')?.focus()
      }}
      onFocusOut={({ relatedTarget }) => {
        if (!menu.current?.contains(relatedTarget as Node | null)) close()
      }}
    >
      <summary class="chip">
        <Icon name="columns" /> Columns
      </summary>
      {/* It takes the focus, so that a click between two boxes does not close the menu. */}
      <div class="menu-list" role="group" aria-label="Columns" tabIndex={-1}>
        {OPTIONAL.map((column) => (
          <label key={column.sort} class="check">
            <input
              type="checkbox"
              checked={isWanted(column)}
              onChange={(event) => want(column.sort, event.currentTarget.checked)}
            />
            {column.label}
          </label>
        ))}
      </div>
    </details>
  )
}
