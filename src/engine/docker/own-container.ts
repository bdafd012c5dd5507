import { readFileSync } from 'node:fs'

/** The id of the container this process runs in, if it does: Docker mounts files of that container's folder into it. On the host there are folders of others, too. */
export function ownContainerId(mountinfo = readMountinfo()): string | undefined {
  return /\/containers\/([0-9a-f]{64})\/(?:hostname|hosts|resolv\.conf) \/etc\//.exec(mountinfo)?.[1]
}

function readMountinfo(): string {
  try {
    return readFileSync('/proc/self/mountinfo', 'utf8')
  } catch {
    return ''
  }
}
