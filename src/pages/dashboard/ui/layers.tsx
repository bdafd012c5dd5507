// The progress of an image's layers.

import type { TransferProgress } from '../../../client/api.ts'
import { bytes } from '../../../lib/format.ts'

export type LayerMap = Readonly<Record<string, TransferProgress>>

export function withProgress(layers: LayerMap, progress: TransferProgress): LayerMap {
  return progress.layer === null ? layers : { ...layers, [progress.layer]: progress }
}

export function Layers({ layers }: { layers: LayerMap }) {
  return (
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
  )
}
