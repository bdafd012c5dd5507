// Mounts of a container, and the operations that they allow at a path. Pure.

import type { ContainerRecord, MountPoint } from '../engine/contract/containers.ts'
import { AppError } from '../errors.ts'
import { bytesOfText, quoted } from './path.ts'

const isAtOrBelow = (path: string, folder: string): boolean =>
  path === folder || path.startsWith(folder === '/' ? '/' : `${folder}/`)

// The engine mounts them in every container, and its archive calls see the files below the mounts.
const ENGINES_OWN = ['/etc/hosts', '/etc/hostname', '/etc/resolv.conf']
// Mounted by the kernel while the container runs: files written below them would never be visible.
const KERNELS_OWN = ['/proc', '/sys', '/dev']

/** The deepest mount that contains the path. */
function mountAt(mounts: readonly MountPoint[], path: string): MountPoint | undefined {
  return mounts
    .map((mount) => ({ ...mount, target: bytesOfText(mount.target) }))
    .filter(({ target }) => isAtOrBelow(path, target))
    .toSorted((a, b) => b.target.length - a.target.length)[0]
}

/** Where an archive for the path is unpacked. At the root of a read-only container, Docker refuses it for its volumes, too. */
export function unpackedAt(
  { mounts, readOnlyRoot }: Pick<ContainerRecord, 'mounts' | 'readOnlyRoot'>,
  path: string
): string {
  return (readOnlyRoot && mountAt(mounts, path)?.target) || '/'
}

/** Throws if the path, with links resolved, is not writable. */
export function checkWritable(
  { mounts, readOnlyRoot }: Pick<ContainerRecord, 'mounts' | 'readOnlyRoot'>,
  path: string
): void {
  const deepest = mountAt(mounts, path)
  if (deepest?.kind === 'other' || (!deepest && [...ENGINES_OWN, ...KERNELS_OWN].some((own) => isAtOrBelow(path, own))))
    throw new AppError(
      'FILE_OUTSIDE',
      `${quoted(path)} is not on the container's own file system: something else is mounted there. Only the container itself can write to it.`
    )
  // Podman would write there.
  if (!deepest && readOnlyRoot)
    throw new AppError('FILE_READ_ONLY', 'The file system of the container is read-only. Only its volumes take files.')
  if (deepest?.readOnly)
    throw new AppError('FILE_READ_ONLY', `A volume is mounted read-only at ${quoted(deepest.target)}.`)
}

/** Throws if there is a mount at or below the path: its content would be removed, but not the mount point. */
export function checkRemovable(mounts: readonly MountPoint[], path: string): void {
  const targets = [...mounts.map(({ target }) => bytesOfText(target)), ...ENGINES_OWN]
  const found = targets.find((target) => isAtOrBelow(target, path))
  if (found !== undefined)
    throw new AppError('FILE_IN_USE', `Something is mounted at ${quoted(found)}. Remove its contents one by one.`)
}

/** Throws if an archive could leave the file system of its folder, by its paths or by existing links. */
export function checkUnpackable(mounts: readonly MountPoint[], folder: string): void {
  const outside = mounts.find(({ kind }) => kind === 'other')
  if (outside)
    throw new AppError(
      'FILE_OUTSIDE',
      `Links of this container could lead out of it, to what is mounted at ${quoted(bytesOfText(outside.target))}. Send the files one by one.`
    )
  const below = mounts.find(({ target }) => isAtOrBelow(bytesOfText(target), folder) && bytesOfText(target) !== folder)
  if (below)
    throw new AppError(
      'FILE_OUTSIDE',
      `A volume is mounted below the folder, at ${quoted(bytesOfText(below.target))}. Unpack its contents separately.`
    )
}
