// Adds to a folder: dropped or chosen files and folders, and new folders. Visible only to callers that may change files.

import type { ComponentChildren } from 'preact'
import { useRef, useState } from 'preact/hooks'
import { ask } from '../../../api/client.ts'
import { entriesOfDrop, entriesOfFiles } from '../../../lib/dropped.ts'
import { below, textOfPath } from '../../../lib/file-path.ts'
import { plural } from '../../../../../lib/format.ts'
import type { Entry } from '../../../lib/tar.ts'
import { mayExec } from '../../../state/access.ts'
import { say, sayProblem } from '../../../state/toasts.ts'
import { Confirm } from '../../../ui/dialog.tsx'
import { NameForm } from '../../../ui/name-form.tsx'
import { useDrop } from '../../../ui/use-drop.ts'
import { put } from './change.ts'

type Props = {
  id: string
  path: string
  /** The existing entries. */
  names: string[]
  onAdded: () => void
  /** Shown beside the buttons. */
  tools: ComponentChildren
  children: ComponentChildren
}

export function AddTo({ id, path, names, onAdded, tools, children }: Props) {
  const [isSending, setSending] = useState(false)
  const [doubtful, setDoubtful] = useState<Entry[]>()
  const picker = useRef<HTMLInputElement>(null)

  const upload = async (entries: Entry[]) => {
    setSending(true)
    try {
      await put(id, path, entries)
      say(`Uploaded ${plural(entries.length, 'file')}`)
    } catch (error) {
      sayProblem('The upload was refused', error)
    }
    setSending(false)
    onAdded()
  }
  /** Asks before it replaces anything. */
  const take = (entries: Entry[]) => {
    if (entries.length === 0) return
    const isKnown = ({ path: to }: Entry) => names.includes(to.split('/')[0] ?? '')
    if (entries.some(isKnown)) setDoubtful(entries)
    else void upload(entries)
  }
  const drop = useDrop((dropped) => {
    void entriesOfDrop(dropped).then(take, (error: unknown) => sayProblem('The drop cannot be read', error))
  })
  if (!mayExec())
    return (
      <div class="rows">
        <div class="actions-line">{tools}</div>
        {children}
      </div>
    )
  return (
    <div class="rows drop-on" {...drop}>
      <div class="actions-line">
        <button type="button" class="button small" disabled={isSending} onClick={() => picker.current?.click()}>
          {isSending ? 'Uploading …' : 'Upload'}
        </button>
        <span class="muted optional">or drop files and folders here</span>
        <NewFolder id={id} path={path} onMade={onAdded} />
        {tools}
        <input
          ref={picker}
          type="file"
          multiple
          hidden
          aria-label="Files to upload"
          onChange={({ currentTarget: input }) => {
            take(entriesOfFiles(input.files))
            input.value = ''
          }}
        />
      </div>
      {children}
      {doubtful && (
        <Confirm
          title="Replace existing files?"
          text={`${[...new Set(doubtful.map((each) => each.path.split('/')[0]))].join(', ')}: this name exists already. Files of the same name are replaced.`}
          action="Replace"
          onYes={() => void upload(doubtful)}
          onClose={() => setDoubtful(undefined)}
        />
      )}
    </div>
  )
}

function NewFolder({ id, path, onMade }: { id: string; path: string; onMade: () => void }) {
  return (
    <NameForm
      label="Name of the new folder"
      placeholder="New folder"
      create={(name) => ask('makeContainerFolder', { id, body: { path: below(textOfPath(path), name) } })}
      onCreated={onMade}
      isSmall
    />
  )
}
