import { save } from '../../../api/save.ts'
import { textOfPath } from '../../../lib/file-path.ts'
import { bytes } from '../../../../../lib/format.ts'
import { sayProblem } from '../../../state/toasts.ts'
import { Icon } from '../../../ui/icon.tsx'
import { CopyButton } from '../../../ui/parts.tsx'
import { MOST_SHOWN_BYTES, type FoundFile } from './open.ts'

export function Viewer({ found: { path, url, size, text } }: { found: FoundFile }) {
  const name = textOfPath(path.split('/').at(-1) ?? '')
  const download = () => void save(url, name).catch((error: unknown) => sayProblem(`${name} was not downloaded`, error))
  return (
    <div class="panel rows">
      <div class="actions-line">
        <strong>{name}</strong>
        <span class="muted">{bytes(size)}</span>
        <span class="push actions-line">
          {text !== undefined && <CopyButton text={text} label="Copy" />}
          <button type="button" class="button small" onClick={download}>
            <Icon name="download" /> Download
          </button>
        </span>
      </div>
      {text === undefined ? (
        <p class="muted">
          {size > MOST_SHOWN_BYTES ? `Files over ${bytes(MOST_SHOWN_BYTES)} are not shown here.` : 'This is not text.'}
        </p>
      ) : (
        <pre class="code file-text" tabIndex={0} aria-label={`Content of ${name}`}>
          {text === '' ? <span class="muted">The file is empty.</span> : text}
        </pre>
      )}
    </div>
  )
}
