// Warnings on every view: the engine or the server is unavailable, or the page is older than the server.

import { engineIsAway, health, isOutdated, isReachable } from '../state/server.ts'
import { isConnected } from '../state/feed.ts'
import { Time } from '../ui/parts.tsx'

export function Banner() {
  if (!isReachable.value)
    return (
      <div class="banner bad-ground" role="alert">
        The server does not answer. You see its last data; this page keeps trying.
      </div>
    )
  if (engineIsAway.value)
    return (
      <div class="banner bad-ground" role="alert">
        <span>
          The engine does not answer{health.value?.engine_reason ? `: ${health.value.engine_reason}` : ''}
          {health.value?.engine_since && (
            <>
              {' '}
              (<Time at={health.value.engine_since} />)
            </>
          )}
          . Lists show its last state.
        </span>
      </div>
    )
  if (isOutdated.value)
    return (
      <div class="banner" role="status">
        Berth was updated to {health.value?.version}.
        <button type="button" class="button small" onClick={() => location.reload()}>
          Reload the page
        </button>
      </div>
    )
  if (!isConnected.value)
    return (
      <div class="banner" role="status">
        Connecting again …
      </div>
    )
  return null
}
