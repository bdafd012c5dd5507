// The fields that Berth reads about the engine's machine and its disk.

import { Type, type Static } from '@sinclair/typebox'
import { createReader, Id, Labels, maybe, Texts } from './schema.ts'

const Text = maybe(Type.String())
const Count = maybe(Type.Number())
const Flag = maybe(Type.Boolean())

const Info = Type.Object({
  Name: Text,
  OperatingSystem: Text,
  KernelVersion: Text,
  Architecture: Text,
  NCPU: Count,
  MemTotal: Count,
  Driver: Text,
  DockerRootDir: Text,
  CgroupVersion: Text,
  CgroupDriver: Text,
  Images: Count,
  Containers: Count,
  ContainersRunning: Count,
  ContainersPaused: Count,
  ContainersStopped: Count,
  Runtimes: maybe(Type.Record(Type.String(), Type.Unknown())),
  Swarm: maybe(Type.Object({ LocalNodeState: Text })),
  RegistryConfig: maybe(
    Type.Object({
      InsecureRegistryCIDRs: Texts,
      IndexConfigs: maybe(Type.Record(Type.String(), Type.Object({ Secure: Flag })))
    })
  )
})

const Volume = Type.Object({
  Name: Type.String({ minLength: 1 }),
  CreatedAt: Text,
  Labels,
  UsageData: maybe(Type.Object({ RefCount: Count, Size: Count }))
})

const Containers = maybe(Type.Array(Type.Object({ Id, SizeRw: Count })))
const Images = maybe(Type.Array(Type.Object({ Id, Size: Count, SharedSize: Count })))
const Volumes = maybe(Type.Array(Volume))
const BuildCache = maybe(
  Type.Array(Type.Object({ InUse: Flag, Shared: Flag, Size: Count, LastUsedAt: Text, CreatedAt: Text }))
)

/** Up to API 1.51 as plain lists, above 1.52 as the items of a summary; 1.52 itself may send either. */
const Usage = Type.Object({
  Containers,
  Images,
  Volumes,
  BuildCache,
  ContainerUsage: maybe(Type.Object({ Items: Containers })),
  ImageUsage: maybe(Type.Object({ Items: Images })),
  VolumeUsage: maybe(Type.Object({ Items: Volumes })),
  BuildCacheUsage: maybe(Type.Object({ Items: BuildCache }))
})

export type RawInfo = Static<typeof Info>
export type RawUsage = Static<typeof Usage>
export const readInfo = createReader(Info)
export const readUsage = createReader(Usage)
export const readPruned = createReader(Type.Object({ SpaceReclaimed: Count }))
