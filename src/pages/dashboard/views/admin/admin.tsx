import { ask } from '../../api/client.ts'
import { bytes } from '../../lib/format.ts'
import { hrefOf, path } from '../../state/route.ts'
import { ProblemBox, Skeleton, useLoad } from '../../ui/parts.tsx'
import { Audit } from './audit.tsx'
import { Tokens } from './tokens.tsx'

const TABS = { audit: 'Audit', tokens: 'Tokens', limits: 'Limits in force' }

export function Admin() {
  const [, tab = 'audit'] = path.value
  return (
    <>
      <div class="view-head">
        <h1>Access</h1>
      </div>
      <nav class="tabs" aria-label="Of access">
        {Object.entries(TABS).map(([name, label]) => (
          <a key={name} class="tab" href={hrefOf('admin', name)} aria-current={name === tab ? 'page' : undefined}>
            {label}
          </a>
        ))}
      </nav>
      <div class="view-body rows">
        {tab === 'tokens' && <Tokens />}
        {tab === 'limits' && <Limits />}
        {tab !== 'tokens' && tab !== 'limits' && <Audit />}
      </div>
    </>
  )
}

function Limits() {
  const { value, problem, again } = useLoad(() => ask('getSystemInfo', {}))
  if (problem) return <ProblemBox problem={problem} again={again} />
  if (!value) return <Skeleton />
  const { limits, engine, storage } = value
  const facts = [
    ['Ports', limits.ports],
    ['Memory', `${bytes(limits.memory_default)}, at most ${bytes(limits.memory_max)}`],
    ['CPUs', `${limits.cpus_default}, at most ${limits.cpus_max}`],
    ['Processes', `${limits.pids_default}, at most ${limits.pids_max}`],
    ['Open files', `${limits.nofile_default ?? 'the engine’s own'}, at most ${limits.nofile_max}`],
    ['Commands in containers', limits.exec ? 'allowed' : 'not allowed'],
    ['Engine', `${engine.name} ${engine.version}, API ${engine.api_version}`],
    [
      'Machine',
      `${engine.operating_system}, ${engine.kernel}, ${engine.architecture}, ${engine.cpus} CPUs, ${bytes(engine.memory_bytes)}`
    ],
    ['Storage', `${storage.driver} at ${storage.root}`]
  ]
  return (
    <section class="panel">
      <dl class="facts">
        {facts.map(([name, value]) => (
          <>
            <dt key={name}>{name}</dt>
            <dd>{value}</dd>
          </>
        ))}
      </dl>
    </section>
  )
}
