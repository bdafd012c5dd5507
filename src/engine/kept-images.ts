// The images that keep the filesystem of a container which is made again: they are for that alone. Plain words, as labels are.

import { imageName } from '../lib/reference.ts'

export const KEPT_REPOSITORY = 'berth/kept'

export function isKeptName(reference: string): boolean {
  return imageName(reference) === `docker.io/${KEPT_REPOSITORY}`
}

export function isKept({ tags }: { tags: readonly string[] }): boolean {
  return tags.some(isKeptName)
}
