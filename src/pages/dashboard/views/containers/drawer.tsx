// A container in a drawer over the table.

import { useEffect, useRef } from 'preact/hooks'
import { hrefOf, setQuery } from '../../state/route.ts'
import { Icon } from '../../ui/icon.tsx'
import { IconButton } from '../../ui/parts.tsx'
import { lazy } from '../../ui/lazy.tsx'

const Content = lazy(async () => (await import('../container/container.tsx')).ContainerInDrawer)

export function Drawer({ id }: { id: string }) {
  const panel = useRef<HTMLElement>(null)
  const close = () => setQuery({ open: undefined, tab: undefined, at: undefined })
  useEffect(() => {
    panel.current?.focus()
    const onKey = (event: KeyboardEvent) => {
      if (event.key === 'Escape' && !document.querySelector('dialog[open]')) close()
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [])
  return (
    <aside class="drawer" ref={panel} tabIndex={-1} aria-label="Container">
      <div class="drawer-tools">
        <a class="button small plain" href={hrefOf('containers', id)}>
          <Icon name="open" /> Open as page
        </a>
        <IconButton icon="close" label="Close" onClick={close} />
      </div>
      <Content key={id} />
    </aside>
  )
}
