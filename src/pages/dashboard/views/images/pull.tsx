// A pull, with its progress by layer.

import { useState } from 'preact/hooks'
import { problemFrom } from '../../api/client.ts'
import { transfer } from '../../api/stream.ts'
import type { ImageDetails, Problem } from '../../../../client/api.ts'
import { say } from '../../state/toasts.ts'
import { Layers, withProgress, type LayerMap } from '../../ui/layers.tsx'
import { ProblemBox } from '../../ui/parts.tsx'

export function Pull({ onPulled }: { onPulled: () => void }) {
  const [image, setImage] = useState('')
  const [layers, setLayers] = useState<LayerMap>()
  const [problem, setProblem] = useState<Problem>()

  const pull = async () => {
    setProblem(undefined)
    setLayers({})
    try {
      await transfer<ImageDetails>('/images/pull', {
        body: { image },
        onProgress: (progress) => setLayers((old = {}) => withProgress(old, progress))
      })
      say(`Pulled ${image}`)
      onPulled()
    } catch (error) {
      setProblem(problemFrom(error))
    }
    setLayers(undefined)
  }
  return (
    <form
      class="panel rows"
      onSubmit={(event) => {
        event.preventDefault()
        void pull()
      }}
    >
      <div class="actions-line pull-line">
        <input
          class="input"
          aria-label="Image to pull"
          placeholder="nginx:1.27"
          value={image}
          required
          spellcheck={false}
          autocomplete="off"
          onInput={(event) => setImage(event.currentTarget.value)}
        />
        <button type="submit" class="button" disabled={layers !== undefined}>
          {layers === undefined ? 'Pull' : 'Pulling …'}
        </button>
      </div>
      {layers && <Layers layers={layers} />}
      {problem && <ProblemBox problem={problem} />}
    </form>
  )
}
