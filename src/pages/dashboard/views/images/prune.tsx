// A prune, with a dry run first.

import { useState } from 'preact/hooks'
import { ask, problemFrom } from '../../api/client.ts'
import type { Cleaned, CleanSystem, Problem } from '../../../../client/api.ts'
import { bytes, plural } from '../../../../lib/format.ts'
import { say } from '../../state/toasts.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { ProblemBox, Skeleton, useLoad } from '../../ui/parts.tsx'

const KINDS = ['containers', 'images', 'volumes', 'networks', 'build_cache'] as const
const NAMES = {
  containers: 'Stopped containers',
  images: 'Images without a name',
  volumes: 'Volumes nobody mounts',
  networks: 'Networks nobody is on',
  build_cache: 'The build cache'
}

export function Prune({ onClose }: { onClose: () => void }) {
  const [chosen, setChosen] = useState<CleanSystem>({
    containers: true,
    images: true,
    volumes: false,
    networks: false,
    build_cache: false
  })
  const [problem, setProblem] = useState<Problem>()
  const { value: preview, problem: previewProblem } = useLoad(
    () => ask('cleanSystem', { body: { ...chosen, dry_run: true } }),
    [JSON.stringify(chosen)]
  )
  const clean = async () => {
    try {
      const done = await ask('cleanSystem', { body: chosen })
      say(`${done.message} ${bytes(done.freed_bytes)} came back.`)
      onClose()
    } catch (error) {
      setProblem(problemFrom(error))
    }
  }
  return (
    <Dialog label="Clean up" onClose={onClose}>
      <div class="dialog-body">
        <h2>Remove unused resources that Berth created</h2>
        <div>
          {KINDS.map((kind) => (
            <label class="check" key={kind}>
              <input
                type="checkbox"
                checked={chosen[kind] ?? false}
                onChange={(event) => setChosen({ ...chosen, [kind]: event.currentTarget.checked })}
              />
              {NAMES[kind]}
            </label>
          ))}
        </div>
        {(problem ?? previewProblem) && <ProblemBox problem={(problem ?? previewProblem) as Problem} />}
        {preview ? <Preview preview={preview} /> : !previewProblem && <Skeleton />}
        <div class="dialog-foot">
          <button type="button" class="button" onClick={onClose}>
            Keep everything
          </button>
          <button type="button" class="button danger" disabled={!preview} onClick={() => void clean()}>
            Remove{preview && preview.freed_bytes > 0 ? ` and free ${bytes(preview.freed_bytes)}` : ''}
          </button>
        </div>
      </div>
    </Dialog>
  )
}

function Preview({ preview }: { preview: Cleaned }) {
  const going = [...preview.containers, ...preview.images, ...preview.volumes, ...preview.networks]
  return (
    <section aria-label="To be removed">
      <p>
        {plural(going.length, 'thing')} would go.
        {preview.freed_bytes > 0 ? ` About ${bytes(preview.freed_bytes)} would come back.` : ''}
      </p>
      <p class="muted">
        {going
          .slice(0, 12)
          .map(({ name }) => name)
          .join(', ')}
        {going.length > 12 ? ' …' : ''}
      </p>
    </section>
  )
}
