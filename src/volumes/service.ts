// Named volumes: which there are, and making and removing those of Berth. A create makes the ones it names by itself.

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
  engine: Pick<EngineVolumes, 'listVolumes' | 'createVolume' | 'removeVolume'>
  containers: () => Iterable<ContainerRecord>
  policy: Pick<Policy, 'check' | 'allows'>
  instanceId: string
}

export function createVolumeService({ engine, containers, policy, instanceId }: Options) {
  // The engine answers a create with the volume that is there already: who asks second must see that it is.
  const inTurn = createSemaphore(1)

  function view(volume: VolumeRecord): Volume {
    const users = [...containers()].filter(({ volumes }) => volumes.some(({ source }) => source === volume.name))
    return viewVolume(volume, users, policy.allows({ volumes: [volume.name] }))
  }

  async function look(name: string): Promise<VolumeRecord | undefined> {
    return (await engine.listVolumes()).find((volume) => volume.name === name)
  }

  async function find(name: string): Promise<VolumeRecord> {
    const found = await look(name)
    if (found) return found
    throw new AppError('VOLUME_NOT_FOUND', `There is no volume "${name}". POST /volumes makes one.`)
  }

  return {
    async list(): Promise<Volume[]> {
      const volumes = await engine.listVolumes()
      return volumes.map(view).toSorted((one, other) => one.name.localeCompare(other.name))
    },

    get: async (name: string): Promise<Volume> => view(await find(name)),

    /** `owner` is the id of the token that asks, if it has one. */
    async create({ name }: CreateVolume, owner: string | null): Promise<Volume> {
      policy.check({ volumes: [name] })
      return inTurn(async () => {
        if (await look(name))
          throw new AppError('VOLUME_NAME_TAKEN', `There is a volume "${name}". Choose another name, or use that one.`)
        await engine.createVolume(name, writeFacts({ managed: true, instance: instanceId, owner }))
        return view(await find(name))
      })
    },

    remove(name: string): Promise<RemovedVolume> {
      return inTurn(async () => {
        const volume = await find(name)
        if (!readFacts(volume.labels).managed)
          throw new AppError('VOLUME_NOT_MANAGED', `Berth did not make the volume "${name}", so it does not remove it.`)
        policy.check({ volumes: [name] })
        const users = view(volume).containers.map(({ id, name: user }) => ({ id, name: user }))
        if (users.length > 0)
          throw new AppError(
            'VOLUME_IN_USE',
            `These containers mount the volume "${name}": ${users.map((user) => user.name).join(', ')}. Remove them first.`,
            { facts: { containers: users } }
          )
        if (await engine.removeVolume(name)) return { name, removed: true, message: 'Volume removed' }
        throw new AppError('VOLUME_NOT_FOUND', `The volume "${name}" is gone already.`)
      })
    }
  }
}
