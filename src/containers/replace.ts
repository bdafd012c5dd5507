// A stopped container whose port was given away cannot simply be started: bindings are immutable. Berth recreates it with the
// same name, settings, volumes and filesystem on other ports, and the old id still finds it. A change of image or
// environment also recreates the container, on its own ports.
//
// The order keeps one complete container at every step: the new one runs under a temporary name before the old one is
// removed. `settle` in attempts.ts finishes or undoes an interrupted replacement.

import { randomUUID } from 'node:crypto'
import type { ContainerRecord, ContainerSpec, EngineContainers, PortBinding } from '../engine/contract/containers.ts'
import type { EngineImages } from '../engine/contract/images.ts'
import type { EngineVolumes } from '../engine/contract/volumes.ts'
import { KEPT_REPOSITORY } from '../engine/kept-images.ts'
import { labelFilter, readFacts, writeFacts } from '../engine/labels.ts'
import { AppError } from '../errors.ts'
import type { Lease } from '../ports/allocator.ts'
import type { WantedLease } from '../ports/leasing.ts'
import type { PortService } from '../ports/service.ts'
import type { Attempts } from './attempts.ts'
import type { Expiry } from './expiry.ts'
import type { Inventory } from '../inventory/inventory.ts'
import { replacementName } from './replacement-name.ts'
import { portEnvironment } from './plan.ts'
import type { Removal } from './removal.ts'
import { startAgain } from './settling.ts'
import type { Undo } from './undo.ts'
import { checkMade } from './verify.ts'
import { shortId } from '../inventory/ids.ts'

export type PortChange = { containerPort: number; protocol: 'tcp' | 'udp'; from: number; to: number }
type Replaced = { record: ContainerRecord; changes: PortChange[] }
export type Replacer = ReturnType<typeof createReplacer>

export function createReplacer({
  engine,
  inventory,
  ports,
  attempts,
  removal,
  expiry,
  instanceId
}: {
  engine: EngineContainers & Pick<EngineImages, 'listImages' | 'removeImage'> & Pick<EngineVolumes, 'removeVolume'>
  inventory: Inventory
  ports: PortService
  attempts: Attempts
  removal: Removal
  expiry: Expiry
  instanceId: string
}) {
  let sweep = Promise.resolve()
  let underWay = 0

  /** A crash after the commit, or in the middle of a removal, leaves an image that no container needs. */
  async function sweepKeptImages(): Promise<void> {
    // One that could not be read may need any of them.
    if (underWay > 0 || inventory.hasUnread()) return
    const needed = new Set<string>()
    for (const { berth } of inventory.all()) for (const id of berth.replaces) needed.add(keptImage(id))
    for (const { tags, labels } of await engine.listImages({ label: labelFilter('instance', instanceId) })) {
      const unneeded = tags.filter((tag) => tag.startsWith(`${KEPT_REPOSITORY}:`) && !needed.has(tag))
      const { instance, anonymousVolumes } = readFacts(labels)
      if (unneeded.length === 0 || instance !== instanceId) continue
      for (const volume of anonymousVolumes) await engine.removeVolume(volume).catch(() => false)
      for (const tag of unneeded) await engine.removeImage(tag)
    }
  }

  inventory.onSync(() => {
    sweep = sweepKeptImages().catch(() => {})
  })

  /** If the engine can change the settings, the container stays the same. */
  async function remake(old: ContainerRecord, spec: ContainerSpec, signal?: AbortSignal): Promise<ContainerRecord> {
    await engine.remakeContainer?.(old.id, spec, signal)
    const record = await inventory.refresh(old.id)
    if (!record) throw removedMeanwhile(old)
    checkMade(record, spec)
    return record
  }

  async function startOnPorts(old: ContainerRecord): Promise<Replaced> {
    const spec = await engine.containerSpec(old.id)
    return ports.withLeases(preferred(old.ports), async (leases) => {
      const moved = onPorts(old.ports, leases)
      const env = withNewPorts(spec.env, portEnvironment(old.ports), portEnvironment(moved))
      await remake(old, { ...spec, ports: moved, env })
      await engine.startContainer(old.id)
      const record = await inventory.refresh(old.id)
      if (!record) throw removedMeanwhile(old)
      return { record, changes: changesBetween(old.ports, moved) }
    })
  }

  async function replace(old: ContainerRecord): Promise<Replaced> {
    if (engine.remakeContainer) return startOnPorts(old)
    await sweep
    underWay++
    try {
      const spec = await engine.containerSpec(old.id)
      // A leftover of a crash would lose its name to the new one, and could not be found any more.
      await engine.removeImage(keptImage(old.id)).catch(() => false)
      const facts = writeFacts({ instance: instanceId, anonymousVolumes: anonymousVolumesOf(old) })
      // Berth passes the environment to the new container, since more people can see images.
      const emptied = Object.keys(spec.env)
      await engine.commitContainer(old.id, KEPT_REPOSITORY, shortId(old.id), { labels: facts, emptied })
      return await moveToPorts(old, { ...spec, image: keptImage(old.id) })
    } catch (error) {
      await engine.removeImage(keptImage(old.id)).catch(() => false)
      throw error
    } finally {
      underWay--
    }
  }

  /** On its former ports if possible. */
  async function moveToPorts(old: ContainerRecord, spec: ContainerSpec): Promise<Replaced> {
    return ports.withLeases(preferred(old.ports), async (leases, attempt) => {
      const moved = onPorts(old.ports, leases)
      const next = replacementSpec(old, spec, moved, attempt)
      const record = await attempts.run(attempt, (undo) => moveTo(old, next, undo, { attempt, starts: true }))
      return { record, changes: changesBetween(old.ports, moved) }
    })
  }

  /** With other settings, on its own ports. A running one keeps running until its replacement can start. */
  async function renew(
    old: ContainerRecord,
    { spec, imageName, signal }: { spec: ContainerSpec; imageName: string; signal: AbortSignal }
  ): Promise<ContainerRecord> {
    if (engine.remakeContainer)
      return remake(old, { ...spec, labels: { ...spec.labels, ...writeFacts({ image: imageName }) } }, signal)
    const attempt = randomUUID()
    const isRunning = old.state === 'running' || old.state === 'restarting'
    const next = replacementSpec(old, spec, old.ports, attempt)
    const labels = { ...next.labels, ...writeFacts({ image: imageName, resumesOld: isRunning }) }
    return attempts.run(attempt, (undo) =>
      moveTo(old, { ...next, labels }, undo, { attempt, starts: isRunning, stopOld: isRunning ? signal : undefined })
    )
  }

  /** With `stopOld` the old one is stopped first; that signal ends the wait for it. */
  async function moveTo(
    old: ContainerRecord,
    spec: ContainerSpec,
    undo: Undo,
    { attempt, starts, stopOld }: { attempt: string; starts: boolean; stopOld?: AbortSignal | undefined }
  ): Promise<ContainerRecord> {
    if (stopOld) undo.add('start the old one again', () => startAgain(engine, old.id))
    const { id } = await attempts.create(attempt, replacementName(old.name), spec)
    // The volumes are the old container's, which stays.
    undo.add('remove the replacement', async () =>
      (await removal.remove(id, { volumes: false })) ? 'undone' : 'not needed'
    )
    if (stopOld) await engine.stopContainer(old.id, old.stopTimeoutSeconds, stopOld)
    if (starts) await engine.startContainer(id)
    const started = await inventory.refresh(id)
    if (started) checkMade(started, spec)
    await expiry.inherit(old, id)
    await undo.passPointOfNoReturn()
    await removal.remove(old.id, { volumes: false })
    await engine.renameContainer(id, old.name)
    const record = await inventory.refresh(id)
    if (!record) throw removedMeanwhile(old)
    return record
  }

  return { replace, renew }
}

/** Its own ports, or others if they are unavailable. */
function preferred(ports: readonly PortBinding[]): WantedLease[] {
  return ports.map(({ protocol, hostPort }) => ({ protocol, hostPort, isPreference: true }))
}

function onPorts(ports: readonly PortBinding[], leases: readonly Lease[]): PortBinding[] {
  return ports.map((port, index) => ({ ...port, hostPort: leases[index]?.port ?? port.hostPort }))
}

function removedMeanwhile({ name }: ContainerRecord): AppError {
  return new AppError('CONTAINER_NOT_FOUND', `Container ${name} was removed while it was being recreated.`)
}

function replacementSpec(
  old: ContainerRecord,
  spec: ContainerSpec,
  ports: PortBinding[],
  attempt: string
): ContainerSpec {
  const { image, replaces } = old.berth
  return {
    ...spec,
    ports,
    env: withNewPorts(spec.env, portEnvironment(old.ports), portEnvironment(ports)),
    labels: {
      ...spec.labels,
      ...writeFacts({
        attempt,
        image: image ?? old.image,
        replaces: [old.id, ...replaces],
        anonymousVolumes: anonymousVolumesOf(old)
      })
    }
  }
}

/** Values of the request under such a name stay. */
function withNewPorts(
  env: Record<string, string>,
  before: Record<string, string>,
  after: Record<string, string>
): Record<string, string> {
  const ours = Object.entries(after).filter(([name]) => env[name] === before[name])
  return { ...env, ...Object.fromEntries(ours) }
}

function anonymousVolumesOf({ berth, anonymousVolumes }: ContainerRecord): string[] {
  return [...berth.anonymousVolumes, ...anonymousVolumes]
}

/** The image with the filesystem of a replaced container. */
export function keptImage(id: string): string {
  return `${KEPT_REPOSITORY}:${shortId(id)}`
}

function changesBetween(before: PortBinding[], after: PortBinding[]): PortChange[] {
  return before.flatMap(({ containerPort, protocol, hostPort: from }, index) => {
    const to = after[index]?.hostPort ?? from
    return to === from ? [] : [{ containerPort, protocol, from, to }]
  })
}
