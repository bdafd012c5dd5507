// What nobody uses any more: containers of Berth's that do not run, and images of Berth's that have no name.

import type { Container } from '../containers/schemas.ts'
import { isAppError } from '../errors.ts'
import type { Image } from '../images/schemas.ts'
import type { Cleaned, CleanSystem } from './schemas.ts'

type Options = {
  containers: {
    list(query: { managed: boolean }): { json: Buffer }
    remove(id: string, force: boolean): Promise<unknown>
  }
  images: {
    list(query: { managed: boolean; dangling: boolean; in_use: boolean }): Promise<{ images: Image[] }>
    remove(reference: string, options: { force: boolean }): Promise<unknown>
  }
}
type Item = { id: string; name: string }

const OVER: Container['state'][] = ['created', 'exited', 'dead']

export type Cleaner = ReturnType<typeof createCleaner>

export function createCleaner({ containers, images }: Options) {
  return async function clean(request: CleanSystem): Promise<Cleaned> {
    const kept: Cleaned['kept'] = []

    async function isRemoved(item: Item, remove: () => Promise<unknown>): Promise<boolean> {
      try {
        await remove()
        return true
      } catch (error) {
        // It was started or removed meanwhile, or something else needs it; the others go all the same.
        if (!isAppError(error) || error.code === 'INTERNAL') throw error
        kept.push({ ...item, reason: error.message })
        return false
      }
    }

    const goneContainers: Item[] = []
    const all =
      request.containers === false ? [] : (JSON.parse(String(containers.list({ managed: true }).json)) as Container[])
    for (const { id, name, state } of all) {
      if (!OVER.includes(state)) continue
      if (await isRemoved({ id, name }, () => containers.remove(id, false))) goneContainers.push({ id, name })
    }

    const goneImages: Item[] = []
    let freed = 0
    const dangling =
      request.images === false ? [] : (await images.list({ managed: true, dangling: true, in_use: false })).images
    for (const { id, full_id: fullId, size } of dangling) {
      if (!(await isRemoved({ id, name: '' }, () => images.remove(fullId, { force: false })))) continue
      goneImages.push({ id, name: '' })
      freed += size
    }

    const message = `Containers removed: ${goneContainers.length}, images removed: ${goneImages.length}`
    return { containers: goneContainers, images: goneImages, freed_bytes: freed, kept, message }
  }
}
