// A pull, with its progress by layer.

import { useState } from 'preact/hooks'
import { follow } from '../../api/stream.ts'
import type { Problem, TransferProgress } from '../../gen/api.ts'
import { bytes } from '../../lib/format.ts'
import { say } from '../../state/toasts.ts'
import { ProblemBox } from '../../ui/parts.tsx'

type Layers = Record<string, TransferProgress>

export function Pull({ onPulled }: { onPulled: () => void }) {
  const [image, setImage] = useState('')
  const [layers, setLayers] = useState<Layers>()
  const [problem, setProblem] = useState<Problem>()

  const pull = () => {
    setProblem(undefined)
    setLayers({})
    follow(
      '/images/pull',
      {
        onMessage(name, data) {
          if (name !== 'progress') return
          const progress = data as TransferProgress
          if (progress.layer !== null) setLayers((old) => ({ ...old, [progress.layer ?? '']: progress }))
        },
        onEnd(why) {
          setLayers(undefined)
          if ('problem' in why) return setProblem(why.problem)
          if (why.reason !== 'completed')
            return setProblem({
              type: '',
              title: 'The pull failed',
              status: 0,
              detail: why.reason,
              code: '',
              retryable: true,
              request_id: ''
            })
          say(`Pulled ${image}`)
          onPulled()
        }
      },
      { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ image }) }
    )
  }
  return (
    <form
      class="panel rows"
      onSubmit={(event) => {
        event.preventDefault()
        pull()
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
      {layers && (
        <div class="layers" role="status" aria-label="Layers">
          {Object.entries(layers).map(([id, { status, current_bytes: current, total_bytes: total }]) => (
            <div class="layer" key={id}>
              <code>{id}</code>
              <span>{status}</span>
              {current !== null && total ? (
                <progress value={current} max={total} aria-label={`${id}: ${bytes(current)}`} />
              ) : (
                <span />
              )}
            </div>
          ))}
        </div>
      )}
      {problem && <ProblemBox problem={problem} />}
    </form>
  )
}
