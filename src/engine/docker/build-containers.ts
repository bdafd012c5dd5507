// The containers in which the classic builder runs its steps. It removes them itself, unless the engine is killed.

import { unlessGone, type Calls } from './calls.ts'
import { readContainer, readContainerRows } from './schemas/containers.ts'

// The clock of an engine elsewhere may be behind.
const SLACK_MS = 60_000

/** A host name for loopback inside of them: they carry no label, and no other field can be set without an effect. */
export const markOf = (buildId: string): string => `berth-build-${buildId}:127.0.0.1`

export async function removeBuildContainers(
  { ask, change }: Pick<Calls, 'ask' | 'change'>,
  buildId: string,
  since: number
): Promise<void> {
  const rows = await ask({
    method: 'GET',
    path: '/containers/json',
    query: { all: 1 },
    what: 'look for what an earlier try of the build has left',
    answer: readContainerRows
  })
  for (const { Id: id } of rows.filter(({ Created: created }) => (created ?? 0) * 1000 >= since - SLACK_MS)) {
    const what = 'look at what an earlier try of the build has left'
    const asked = ask({ method: 'GET', path: `/containers/${id}/json`, what, answer: readContainer(id) })
    const found = await unlessGone('CONTAINER_NOT_FOUND', asked)
    if (!found?.HostConfig.ExtraHosts?.includes(markOf(buildId))) continue
    const query = { force: 1, v: 1 }
    const removal = change({ method: 'DELETE', path: `/containers/${id}`, query, what: 'remove it' })
    await unlessGone('CONTAINER_NOT_FOUND', removal)
  }
}
