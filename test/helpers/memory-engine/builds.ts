// A build reads its context to the end and always succeeds; the image depends on its names only.

import { createHash } from 'node:crypto'
import { once } from 'node:events'
import type { Engine } from '../../../src/engine/contract/engine.ts'
import { image } from '../records.ts'
import type { State } from './state.ts'

export function buildCalls({ state, reach }: { state: State; reach: () => void }) {
  return {
    hasBuildKit: () => false,

    async *buildImage({ tags }, context, signal) {
      reach()
      context.resume()
      await once(context, 'close')
      signal.throwIfAborted()
      yield { line: 'Step 1/1 : FROM scratch' }
      const id = `sha256:${createHash('sha256').update(tags.join()).digest('hex')}`
      for (const tag of tags) state.images.set(tag, image({ id, tags }))
      yield { imageId: id }
    },

    async removeBuildContainers() {
      reach()
    },

    async pruneBuildCache() {
      reach()
      return 1_000
    }
  } satisfies Partial<Engine>
}
