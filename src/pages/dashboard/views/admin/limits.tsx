// The policy in force, and the limits and the machine below it.

import { ask } from '../../api/client.ts'
import type { Policy } from '../../../../client/api.ts'
import { bytes } from '../../../../lib/format.ts'
import { access } from '../../state/access.ts'
import { Facts, type Fact } from '../../ui/facts.tsx'
import { ProblemBox, Skeleton, useLoad } from '../../ui/parts.tsx'

export function Limits() {
  const { value, problem, again } = useLoad(() => ask('getSystemInfo', {}))
  const policy = access.value?.policy
  return (
    <>
      {policy && <InForce policy={policy} />}
      {problem && <ProblemBox problem={problem} again={again} />}
      {!value && !problem && <Skeleton />}
      {value && (
        <section class="panel">
          <h2>Limits</h2>
          <Facts facts={factsOf(value)} />
        </section>
      )}
    </>
  )
}

function factsOf({ limits, engine, storage }: Awaited<ReturnType<typeof ask<'getSystemInfo'>>>): Fact[] {
  return [
    ['Ports', limits.ports],
    ['Memory', `${bytes(limits.memory_default)}, at most ${bytes(limits.memory_max)}`],
    ['CPUs', `${limits.cpus_default}, at most ${limits.cpus_max}`],
    ['Processes', `${limits.pids_default}, at most ${limits.pids_max}`],
    ['Open files', `${limits.nofile_default ?? 'the engine’s own'}, at most ${limits.nofile_max}`],
    [
      'Storage',
      `${limits.storage_size_default === null ? 'unlimited' : bytes(limits.storage_size_default)}, at most ${bytes(limits.storage_size_max)} on request`
    ],
    ['Weight of block I/O', `at most ${limits.io_weight_max}`],
    ['Commands in containers', limits.exec ? 'allowed' : 'not allowed'],
    ['Engine', `${engine.name} ${engine.version}, API ${engine.api_version}`],
    [
      'Machine',
      `${engine.operating_system}, ${engine.kernel}, ${engine.architecture}, ${engine.cpus} CPUs, ${bytes(engine.memory_bytes)}`
    ],
    ['Storage', `${storage.driver} at ${storage.root}`]
  ]
}

function InForce({ policy }: { policy: Policy }) {
  const rules = rulesOf(policy)
  return (
    <section class="panel">
      <h2>Policy</h2>
      {rules.length === 0 ? (
        <p class="muted">No policy is in force. Set BERTH_POLICY_FILE to use one.</p>
      ) : (
        <Facts facts={rules} />
      )}
    </section>
  )
}

/** The rules that the operator configured. An absent rule restricts nothing. */
function rulesOf(policy: Policy): Fact[] {
  const list = (names: string[] | undefined) => names && (names.join(', ') || 'none')
  const most = (value: number | undefined, text: (value: number) => string = String) =>
    value === undefined ? undefined : `at most ${text(value)}`
  const registries = Object.entries(policy.registries ?? {}).map(
    ([host, { pull, push }]) => `${host}: pull ${list(pull) ?? 'none'}, push ${list(push) ?? 'none'}`
  )
  const rules: Fact[] = [
    ['Tokens see', policy.visibility && (policy.visibility === 'all' ? 'everything' : 'their own resources')],
    ['Images', list(policy.images)],
    ['Volumes', list(policy.volumes)],
    ['Networks', list(policy.networks)],
    ['Labels', list(policy.labels)],
    ['Registries', policy.registries && (registries.join('; ') || 'none')],
    ['Memory of a container', most(policy.memory, bytes)],
    ['CPUs of a container', most(policy.cpus)],
    ['Processes of a container', most(policy.pids_limit)],
    ['Containers of a token', most(policy.containers_per_token)],
    ['Networks of a token', most(policy.networks_per_token)],
    ['Bytes per copy', most(policy.file_bytes, bytes)],
    ['Entries per archive', most(policy.file_entries)],
    [
      'Builds use remote sources',
      policy.remote_sources === undefined ? undefined : policy.remote_sources ? 'yes' : 'no'
    ]
  ]
  return rules.filter(([, value]) => value !== undefined)
}
