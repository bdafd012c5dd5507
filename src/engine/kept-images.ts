// The images with the file systems of containers being recreated; they have no other use. Plain words, like labels.

import { imageName } from '../lib/reference.ts'

export const KEPT_REPOSITORY = 'berth/kept'

export function isKeptName(reference: string): boolean {
  return imageName(reference) === `docker.io/${KEPT_REPOSITORY}`
}

export function isKept({ tags }: { tags: readonly string[] }): boolean {
  return tags.some(isKeptName)
}
