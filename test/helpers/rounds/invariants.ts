// The invariants after every round, whatever happened in it. They are checked at the engine itself and in the server's
// files; the server's own answers only have to agree.

import { copyFileSync, existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Container } from '../../../src/containers/schemas.ts'
import type { Health } from '../../../src/system/schemas.ts'
import { TEST_LABEL } from '../engine.ts'
import { makeFolder } from '../folder.ts'
import type { World } from './world.ts'

const INSTANCE = 'io.berth.instance'
const ATTEMPT = 'io.berth.attempt'
/** The number of additional open files that is no leak: sockets kept for the next call. */
const SPARE_DESCRIPTORS = 40

type Stored = { instance: string; intents: string[]; ends: Map<string, number | null> }

/** The current database of the server on disk. */
function readStore(dataDir: string): Stored {
  const folder = makeFolder('store')
  try {
    for (const file of ['berth.db', 'berth.db-wal'])
      if (existsSync(join(dataDir, file))) copyFileSync(join(dataDir, file), join(folder, file))
    const db = new DatabaseSync(join(folder, 'berth.db'))
    const rows = (sql: string) => db.prepare(sql).all() as Record<string, unknown>[]
    const stored = {
      instance: String(rows("SELECT value FROM meta WHERE name = 'instance'")[0]?.value),
      intents: rows('SELECT attempt FROM intents').map(({ attempt }) => String(attempt)),
      ends: new Map(
        rows('SELECT container_id, expires_at FROM expiries').map((row) => [
          String(row.container_id),
          row.expires_at as number | null
        ])
      )
    }
    db.close()
    return stored
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function openDescriptors(pid: number | undefined): number {
  return readdirSync(`/proc/${pid}/fd`).length
}

/** All resources of the engine with this server's instance or mark, and the foreign ones. */
async function lookAtEngine({ server, engine, foreign }: World) {
  const { instance } = readStore(server.dataDir)
  const isOurs = (labels: Record<string, string> | null | undefined) =>
    labels?.[TEST_LABEL] === server.mark || labels?.[INSTANCE] === instance
  const containers = (await engine.listContainers({ all: true })).filter(({ Labels: labels }) => isOurs(labels))
  const { Volumes: volumes } = await engine.listVolumes()
  const networks = await engine.listNetworks()
  const images = await engine.listImages()
  const other = await engine.getContainer(foreign.containerId).inspect()
  return {
    containers,
    volumes: volumes.filter(({ Labels: labels }) => isOurs(labels)).map(({ Name: name }) => name),
    networks: networks.filter(({ Labels: labels }) => isOurs(labels)).map(({ Name: name }) => name),
    images: images.filter(({ Labels: labels }) => isOurs(labels)).map(({ Id, RepoTags: tags }) => tags?.join() ?? Id),
    foreign: [
      `container ${other.Name} ${other.State.Status} since ${other.State.StartedAt}`,
      ...volumes.filter(({ Name: name }) => name === foreign.name).map(({ Name: name }) => `volume ${name}`),
      ...networks.filter(({ Id: id }) => id === foreign.networkId).map(({ Name: name }) => `network ${name}`)
    ]
  }
}

/** The server has found the engine again, and shows each container as the engine does. */
export async function agrees(world: World): Promise<void> {
  const { server } = world
  const health = await server.get<Health>('/health')
  must(health.body.engine === 'available', `the server takes the engine for ${health.body.engine}`)
  const { containers } = await lookAtEngine(world)
  const listed = await server.get<Container[]>(`/containers?label=${TEST_LABEL}=${server.mark}`)
  must(listed.status === 200, `the list is answered with ${listed.status}`)
  must(!listed.body.some(({ stale }) => stale), 'reads are stale')
  const known = new Map(listed.body.map((container) => [container.full_id, container]))
  for (const row of containers) {
    const [name = ''] = row.Names
    const container = known.get(row.Id)
    must(container, `the server does not know ${name}, which is ${row.State}`)
    must(
      `/${container.name} ${container.state}` === `${name} ${row.State}`,
      `${name} is ${row.State} and shown ${container.state}`
    )
    const real = await world.engine.getContainer(row.Id).inspect()
    must(container.limits.memory === (real.HostConfig.Memory || null), `the memory of ${name} is shown wrong`)
    if (real.State.Running) must(container.started_at === real.State.StartedAt, `the start of ${name} is shown wrong`)
    const isHalfMade = row.State === 'created' && row.Labels['io.berth.start'] === 'true'
    must(!isHalfMade && !name.endsWith('newcomer'), `${name} is half-made`)
    known.delete(row.Id)
  }
  must(
    known.size === 0,
    `the server shows ${[...known.values()].map(({ name }) => name)}, which the engine does not have`
  )
}

export type Baseline = { foreign: string[]; images: string[]; descriptors: number; endsAt: number | null | undefined }

export async function takeBaseline(world: World): Promise<Baseline> {
  const { foreign, images } = await lookAtEngine(world)
  const { ends } = readStore(world.server.dataDir)
  return { foreign, images, descriptors: openDescriptors(world.server.pid), endsAt: ends.get(world.kept.full_id) }
}

/** After the removal of a round's resources: nothing of them is left, and everything else is unchanged. */
export async function isAsBefore(world: World, before: Baseline): Promise<void> {
  const { server, kept } = world
  const now = await lookAtEngine(world)
  must(String(now.foreign) === String(before.foreign), `foreign things were touched: ${now.foreign.join('; ')}`)
  const left = now.containers.filter(({ Id: id }) => id !== kept.full_id)
  must(left.length === 0, `containers are left: ${left.map(({ Names: names, State: state }) => `${names} ${state}`)}`)
  must(
    now.containers.some(({ State: state }) => state === 'running'),
    'the container that was to be kept is gone'
  )
  must(now.volumes.length === 0, `volumes are left: ${now.volumes}`)
  must(now.networks.length === 0, `networks are left: ${now.networks}`)
  must(String(now.images) === String(before.images), `images are left: ${now.images}; before ${before.images}`)

  const { counts, ports } = await server.portOverview()
  must(counts.leased === 0, `${counts.leased} ports are leased`)
  // Other servers may share the range.
  const there = new Set((await world.engine.listContainers({ all: true })).map(({ Id: id }) => id.slice(0, 12)))
  const held = ports.filter(({ holder }) => holder && !there.has(holder.id))
  must(held.length === 0, `ports are held for containers that are gone: ${JSON.stringify(held)}`)

  const { intents, ends } = readStore(server.dataDir)
  must(ends.get(kept.full_id) === before.endsAt, `the end date of what was kept is ${ends.get(kept.full_id)}`)
  const gone = [...ends.keys()].filter((id) => id !== kept.full_id)
  must(gone.length === 0, `${gone.length} end dates of containers that are gone are kept`)
  const attempts = now.containers.map(({ Labels: labels }) => labels[ATTEMPT])
  must(!intents.some((attempt) => attempts.includes(attempt)), 'an intent names a container that is whole')

  const open = openDescriptors(server.pid)
  must(open <= before.descriptors + SPARE_DESCRIPTORS, `${open} files are open, ${before.descriptors} before`)
}

function must(holds: unknown, problem: string): asserts holds {
  if (!holds) throw new Error(problem)
}
