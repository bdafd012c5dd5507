// The container of this process, and the paths of the machine that it mounts.

import { readFileSync } from 'node:fs'

/** The id of the container this process runs in, if it does: Docker mounts files of that container's folder into it. On the host there are folders of others, too. */
export function ownContainerId(mountinfo = readMountinfo()): string | undefined {
  return /\/containers\/([0-9a-f]{64})\/(?:hostname|hosts|resolv\.conf) \/etc\//.exec(mountinfo)?.[1]
}

/** The volumes mounted here, and the path of a folder in its file system, which is its path on the host. */
export function ownPlaces(folder: string, mountinfo = readMountinfo()): { volumes: string[]; dataPath: string } {
  const mounts = mountinfo.split('\n').flatMap((line) => {
    const [, , , root, point] = line.split(' ')
    return root === undefined || point === undefined ? [] : [{ root: unescaped(root), point: unescaped(point) }]
  })
  const volumes = mounts.flatMap(({ root }) => /\/volumes\/([^/]+)\/_data(?:\/|$)/.exec(root)?.[1] ?? [])
  const isAbove = ({ point }: { point: string }) => `${folder}/`.startsWith(point === '/' ? point : `${point}/`)
  const above = mounts.filter(isAbove).toSorted((one, other) => other.point.length - one.point.length)[0]
  // A file system that is mounted as a whole lies where it is mounted.
  const isPart = above !== undefined && above.root !== '/'
  return { volumes, dataPath: isPart ? above.root + folder.slice(above.point.length) : folder }
}

/** The kernel writes separators in octal. */
function unescaped(path: string): string {
  return path.replaceAll(/\\(\d{3})/g, (_whole, code: string) => String.fromCharCode(Number.parseInt(code, 8)))
}

function readMountinfo(): string {
  try {
    return readFileSync('/proc/self/mountinfo', 'utf8')
  } catch {
    return ''
  }
}
