import { ask } from '../../api/client.ts'
import type { Container } from '../../../../client/api.ts'
import { bytes, plural } from '../../../../lib/format.ts'
import { curlOf } from '../../lib/curl.ts'
import { put } from '../../state/containers.ts'
import { ownerOf } from '../../state/owners.ts'
import { token } from '../../state/session.ts'
import { say, sayProblem } from '../../state/toasts.ts'
import { Facts, type Fact } from '../../ui/facts.tsx'
import { CopyButton, Time } from '../../ui/parts.tsx'
import { bodyOf } from './body-of.ts'

export function Configuration({ container }: { container: Container }) {
  const { limits, volumes, networks, env, labels } = container
  const curl = curlOf({
    method: 'POST',
    url: `${location.origin}/containers`,
    body: bodyOf(container),
    withToken: token() !== null
  })
  const facts: Fact[] = [
    ['Id', <code>{container.full_id}</code>],
    ['Made', <Time at={container.created} />],
    ['Owner', ownerOf(container)],
    ['Started', container.started_at && <Time at={container.started_at} />],
    [
      'Ports',
      Object.entries(container.ports)
        .map(([inside, outside]) => `${outside} → ${inside}`)
        .join(', ')
    ],
    ['Memory', limits.memory === null ? 'no limit' : bytes(limits.memory)],
    ['CPU', limits.cpus === null ? 'no limit' : plural(limits.cpus, 'core')],
    ['Processes', limits.pids ?? 'no limit'],
    [
      'Restart',
      `${container.restart}${container.restart_count > 0 ? `, ${container.restart_count} times so far` : ''}`
    ],
    ['Networks', networks.map(({ name, address }) => `${name}${address ? ` ${address}` : ''}`).join(', ')],
    ['Volumes', volumes.map(({ source, target }) => `${source} → ${target}`).join(', ')],
    ['Environment', env.join(', ')],
    ['Command', <code>{container.command.join(' ')}</code>],
    [
      'Labels',
      Object.entries(labels)
        .map(([name, value]) => `${name}=${value}`)
        .join(', ')
    ]
  ]
  return (
    <div class="rows">
      <Expiry container={container} />
      <section class="panel">
        <Facts facts={facts} />
      </section>
      <section class="panel">
        <h2 class="actions-line">
          Make it again <CopyButton text={curl} label="Copy" />
        </h2>
        {env.length > 0 && <p class="muted">Environment values are never shown again. Fill them in.</p>}
        <pre class="code">{curl}</pre>
      </section>
    </div>
  )
}

const TIMES = [
  { label: '1 hour', seconds: 3_600 },
  { label: '1 day', seconds: 86_400 },
  { label: '7 days', seconds: 604_800 }
]

function Expiry({ container }: { container: Container }) {
  const { id, name, expires_at: end } = container
  const renew = async (seconds: number | null) => {
    try {
      put(await ask('updateContainer', { id, body: { ttl_seconds: seconds } }))
      say(seconds === null ? `${name} stays` : `${name} has a new end date`)
    } catch (error) {
      sayProblem(`${name}: the end date was refused`, error)
    }
  }
  return (
    <section class="panel actions-line" aria-label="End date">
      <span>
        {end ? (
          <>
            It is removed <Time at={end} />.
          </>
        ) : (
          'It stays until somebody removes it.'
        )}
      </span>
      {TIMES.map(({ label, seconds }) => (
        <button key={label} type="button" class="button small" onClick={() => void renew(seconds)}>
          {end ? `${label} from now` : `Remove in ${label}`}
        </button>
      ))}
      {end && (
        <button type="button" class="button small" onClick={() => void renew(null)}>
          Keep it
        </button>
      )}
    </section>
  )
}
