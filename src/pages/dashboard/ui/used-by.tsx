import { hrefOf } from '../state/route.ts'

const SHOWN = 3

export function UsedBy({ containers }: { containers: { id: string; name: string }[] }) {
  return (
    <span class="word">
      {containers.slice(0, SHOWN).map(({ id, name }) => (
        <a key={id} href={hrefOf('containers', id)}>
          {name}{' '}
        </a>
      ))}
      {containers.length > SHOWN && <span class="muted">and {containers.length - SHOWN} more</span>}
    </span>
  )
}
