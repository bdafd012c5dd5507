import type { BerthEvent, Container } from '../../../../client/api.ts'
import { recent } from '../../state/feed.ts'
import { Empty, Time } from '../../ui/parts.tsx'

/** A field of an event, as text. */
export function factOf(event: BerthEvent, name: string): string {
  const fact = event[name]
  return typeof fact === 'string' || typeof fact === 'number' ? String(fact) : ''
}

/** The fields that are specific to an event. */
export function aboutOf(event: BerthEvent): string {
  const code = factOf(event, 'exit_code')
  const facts = [code && `exit code ${code}`, event['oom_killed'] === true && 'out of memory']
  return [...facts, ...['health', 'old_name', 'port', 'reason'].map((name) => factOf(event, name))]
    .filter(Boolean)
    .join(', ')
}

export function Events({ container }: { container: Container }) {
  const own = recent.value.filter(({ id }) => id === container.id || id === container.full_id)
  if (own.length === 0)
    return (
      <Empty>
        <p>No events in the last hour.</p>
      </Empty>
    )
  return (
    <div class="panel">
      {own.map((event) => (
        <div class="list-line" key={`${event.time} ${event.type}`}>
          <span class="tag">{event.type.replace('container.', '')}</span>
          <span class="muted">{aboutOf(event)}</span>
          <span class="push muted">
            <Time at={event.time} />
          </span>
        </div>
      ))}
    </div>
  )
}
