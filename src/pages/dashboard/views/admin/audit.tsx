// The audit trail, newest first, updated live.

import { useEffect, useState } from 'preact/hooks'
import { ask } from '../../api/client.ts'
import type { AuditEntry } from '../../../../client/api.ts'
import { onEvent, soon } from '../../state/feed.ts'
import { query, setQuery } from '../../state/route.ts'
import { Empty, ProblemBox, Skeleton, Time, useLoad } from '../../ui/parts.tsx'
import { Table } from '../../ui/table.tsx'

const OUTCOMES = ['succeeded', 'failed', 'refused', 'attempted'] as const
const TONES = { succeeded: 'good', failed: 'bad', refused: 'warn', attempted: 'idle' }
const SHOWN = 200

export function Audit() {
  const outcome = query.value.get('outcome') as AuditEntry['outcome'] | null
  const [isFollowing, setFollowing] = useState(true)
  const {
    value: entries,
    problem,
    again
  } = useLoad(() => ask('listAudit', { limit: SHOWN, ...(outcome && { outcome }) }), [outcome])
  useEffect(() => {
    if (!isFollowing) return
    // The trail has each change a moment later.
    return onEvent(soon(again, 500))
  }, [isFollowing])
  return (
    <>
      <div class="filters">
        {OUTCOMES.map((each) => (
          <button
            key={each}
            type="button"
            class="chip"
            aria-pressed={outcome === each}
            onClick={() => setQuery({ outcome: outcome === each ? undefined : each })}
          >
            {each}
          </button>
        ))}
        <button type="button" class="chip" aria-pressed={isFollowing} onClick={() => setFollowing(!isFollowing)}>
          Follow
        </button>
      </div>
      {problem && <ProblemBox problem={problem} again={again} />}
      {!entries && !problem && <Skeleton />}
      {entries?.length === 0 && <Empty>No matching entries.</Empty>}
      {entries && entries.length > 0 && (
        <Table
          heads={['When', 'Outcome', 'Action', 'Object', 'Caller', 'From']}
          hasActions={false}
          items={outcome ? entries : withoutBegun(entries)}
          row={({ seq, time, outcome: how, action, object, caller, address, door, code }) => (
            <tr key={seq}>
              <td class="muted">
                <Time at={time} />
              </td>
              <td class={TONES[how]}>
                {how} {code && <code>{code}</code>}
              </td>
              <td class="word">{action}</td>
              <td class="mono">{object}</td>
              <td>{caller}</td>
              <td class="muted">
                {address} {door}
              </td>
            </tr>
          )}
        />
      )}
    </>
  )
}

/** A change has two entries: its start and its outcome. The outcome is enough. */
function withoutBegun(entries: readonly AuditEntry[]): AuditEntry[] {
  const keyOf = ({ request_id: request, action }: AuditEntry) => `${request} ${action}`
  const ended = new Set(entries.filter((each) => each.outcome !== 'attempted').map(keyOf))
  return entries.filter((each) => each.outcome !== 'attempted' || !ended.has(keyOf(each)))
}
