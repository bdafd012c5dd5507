// Converts the volumes and other mounts of a container from Docker's JSON. Pure.

import type { MountPoint, VolumeMount } from '../contract/containers.ts'
import type { RawContainer } from './schemas/containers.ts'

/** Docker keeps the request under HostConfig.Mounts; Podman, and Docker with Binds, only shows the mounts. */
export function mapVolumes(info: RawContainer): VolumeMount[] {
  const asked = (info.HostConfig.Mounts ?? [])
    .filter((mount) => mount.Type === 'volume' && mount.Source)
    .map((mount) => ({ source: mount.Source as string, target: mount.Target, readOnly: mount.ReadOnly ?? false }))
  const targets = new Set(asked.map(({ target }) => target))
  return [...asked, ...mounted(info).filter(({ source, target }) => !targets.has(target) && !isAnonymous(source))]
}

/** A named volume must never be taken for an anonymous one, which is removed with its container. */
export function anonymousMounts(info: RawContainer): VolumeMount[] {
  const named = new Set(mapVolumes(info).map(({ target }) => target))
  return mounted(info).filter(({ source, target }) => !named.has(target) && isAnonymous(source))
}

function mounted(info: RawContainer): VolumeMount[] {
  return (info.Mounts ?? [])
    .filter((mount) => mount.Type === 'volume' && mount.Name)
    .map((mount) => ({ source: mount.Name as string, target: mount.Destination, readOnly: !mount.RW }))
}

const isAnonymous = (name: string): boolean => /^[0-9a-f]{64}$/.test(name)

export function mapMounts({ Mounts: mounts, HostConfig: host }: RawContainer): MountPoint[] {
  // Mounts in memory are listed elsewhere.
  const inMemory = Object.keys(host.Tmpfs ?? {}).map((target) => ({ target, kind: 'other', readOnly: false }) as const)
  const listed = (mounts ?? []).map(
    ({ Type: type, Destination: target, RW: isWritable }) =>
      ({ target, kind: type === 'volume' ? 'volume' : 'other', readOnly: !isWritable }) as const
  )
  return [...listed, ...inMemory]
}

export function anonymousVolumes(info: RawContainer): string[] {
  return anonymousMounts(info).map((mount) => mount.source)
}
