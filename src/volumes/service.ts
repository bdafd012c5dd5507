// Named volumes: list, and create and remove those of Berth. A create makes missing ones automatically.

import type { Caller } from '../access/caller.ts'
import { checkMayChange, maySee, ownerOf, ownerOfNamed, seenBy, type Owner } from '../access/ownership.ts'
import type { Policy } from '../access/policy.ts'
import type { ContainerRecord } from '../engine/contract/containers.ts'
import type { EngineVolumes, VolumeRecord } from '../engine/contract/volumes.ts'
import { readFacts, writeFacts } from '../engine/labels.ts'
import { AppError } from '../errors.ts'
import { createSemaphore } from '../lib/semaphore.ts'
import type { CreateVolume, RemovedVolume, Volume } from './schemas.ts'
import { viewVolume } from './view.ts'

export type VolumeService = ReturnType<typeof createVolumeService>

type Options = {
  engine: Pick<EngineVolumes, 'listVolumes' | 'findVolume' | 'createVolume' | 'removeVolume'>
  containers: () => Iterable<ContainerRecord>
  policy: Pick<Policy, 'check' | 'allows' | 'names' | 'limits'>
  instanceId: string
}

export function createVolumeService({ engine, containers, policy, instanceId }: Options) {
  // The engine answers a create with an existing volume, so the second caller must notice that it exists.
  const inTurn = createSemaphore(1)

  const ownerOfVolume = ({ name, labels }: VolumeRecord): Owner =>
    ownerOfNamed(readFacts(labels), policy.names({ volumes: [name] }))
  const usersOf = ({ name }: VolumeRecord) =>
    [...containers()].filter(({ volumes }) => volumes.some(({ source }) => source === name))

  function view(caller: Caller, volume: VolumeRecord): Volume {
    const users = usersOf(volume).filter(seenBy(caller))
    return viewVolume(volume, users, policy.allows({ volumes: [volume.name] }))
  }

  async function find(caller: Caller, name: string): Promise<VolumeRecord> {
    const found = await engine.findVolume(name)
    if (found && maySee(caller, ownerOfVolume(found))) return found
    throw new AppError('VOLUME_NOT_FOUND', `There is no volume "${name}". POST /volumes creates one.`)
  }

  async function checkCount({ tokenId }: Caller): Promise<void> {
    if (!policy.limits('volumes')) return
    const isOwn = ({ labels }: VolumeRecord) => {
      const { managed, owner } = readFacts(labels)
      return managed && owner === tokenId
    }
    policy.check({ amounts: { volumes: (await engine.listVolumes()).filter(isOwn).length + 1 } })
  }

  return {
    async list(caller: Caller): Promise<Volume[]> {
      const volumes = (await engine.listVolumes()).filter((volume) => maySee(caller, ownerOfVolume(volume)))
      return volumes.map((volume) => view(caller, volume)).toSorted((one, other) => one.name.localeCompare(other.name))
    },

    get: async (caller: Caller, name: string): Promise<Volume> => view(caller, await find(caller, name)),

    async create(caller: Caller, { name, shared }: CreateVolume): Promise<Volume> {
      policy.check({ volumes: [name] })
      return inTurn(async () => {
        if (await engine.findVolume(name))
          throw new AppError(
            'VOLUME_NAME_TAKEN',
            `A volume named "${name}" already exists. Choose another name, or use that one.`
          )
        await checkCount(caller)
        const owner = { ...ownerOf(caller), ...(shared && { shared }) }
        await engine.createVolume(name, writeFacts({ managed: true, instance: instanceId, ...owner }))
        return view(caller, await find(caller, name))
      })
    },

    /** For a container: the volume of that name, created if missing. Throws if the caller may not use it. */
    ensure(caller: Caller, name: string, labels: Record<string, string>): Promise<void> {
      return inTurn(async () => {
        const known = await engine.findVolume(name)
        if (!known) {
          await checkCount(caller)
          return engine.createVolume(name, labels)
        }
        const owner = ownerOfVolume(known)
        if (!maySee(caller, owner))
          throw new AppError('VOLUME_NAME_TAKEN', `The volume name "${name}" is in use. Choose another name.`)
        checkMayChange(caller, owner, `The volume "${name}"`)
      })
    },

    remove(caller: Caller, name: string): Promise<RemovedVolume> {
      return inTurn(async () => {
        const volume = await find(caller, name)
        if (!readFacts(volume.labels).managed)
          throw new AppError(
            'VOLUME_NOT_MANAGED',
            `Berth did not create the volume "${name}", so it does not remove it.`
          )
        checkMayChange(caller, ownerOfVolume(volume), `The volume "${name}"`)
        policy.check({ volumes: [name] })
        const users = view(caller, volume).containers.map(({ id, name: user }) => ({ id, name: user }))
        if (usersOf(volume).length > 0)
          throw new AppError(
            'VOLUME_IN_USE',
            `These containers mount the volume "${name}": ${namesOf(users)}. Remove them first.`,
            { facts: { containers: users } }
          )
        if (await engine.removeVolume(name)) return { name, removed: true, message: 'Volume removed' }
        throw new AppError('VOLUME_NOT_FOUND', `The volume "${name}" was already removed.`)
      })
    }
  }
}

/** Names only the containers that the caller may see. */
function namesOf(users: { name: string }[]): string {
  return users.length > 0 ? users.map(({ name }) => name).join(', ') : 'those of others'
}
