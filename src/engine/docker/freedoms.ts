// The restrictions that a container lacks, compared with Berth's own. Read from the engine's inspection, since an engine may
// silently ignore settings: an old Swarm drops no-new-privileges.

import { CAPABILITIES } from './payload.ts'
import type { RawHostConfig } from './schemas/containers.ts'

export type Inspected = { HostConfig: RawHostConfig; Mounts?: { Type: string }[] | null | undefined }

// The default capabilities of every Podman, without those that Berth gives. Podman lists the dropped ones of its own defaults
// and not `ALL`. The defaults of Podman 4 also have AUDIT_WRITE, MKNOD and NET_RAW, those of Podman 5 do not.
const DROPPED = ['FSETID', 'SETFCAP', 'SETPCAP', 'SYS_CHROOT']

export function freedomsOf({ HostConfig: host, Mounts: mounts }: Inspected): string[] {
  const { NetworkMode, PidMode, IpcMode, UTSMode, UsernsMode } = host
  const modes = [NetworkMode, PidMode, IpcMode, UTSMode, UsernsMode]
  const added = capabilities(host.CapAdd)
  const dropped = capabilities(host.CapDrop)
  const hasLess = dropped.includes('ALL') || DROPPED.every((name) => dropped.includes(name))
  const found: Record<string, boolean> = {
    'privileged mode': host.Privileged ?? false,
    'new privileges': !(host.SecurityOpt ?? []).some((option) => /^no-new-privileges([:=]true)?$/.test(option)),
    'more capabilities': !hasLess || !added.every((name) => CAPABILITIES.includes(name)),
    'a path of the host': (mounts ?? []).some(({ Type }) => Type === 'bind'),
    'a device': (host.Devices ?? []).length > 0 || (host.DeviceRequests ?? []).length > 0,
    'a namespace of others': modes.some((mode) => mode === 'host' || mode?.startsWith('container:'))
  }
  return Object.keys(found).filter((name) => found[name])
}

function capabilities(names: string[] | null | undefined): string[] {
  return (names ?? []).map((name) => name.toUpperCase().replace(/^CAP_/, ''))
}
