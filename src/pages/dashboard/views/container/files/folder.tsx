// A folder of a container: its entries, and additions.

import { useState } from 'preact/hooks'
import { save } from '../../../api/save.ts'
import type { FileEntry } from '../../../../../client/api.ts'
import { below, encodeName } from '../../../lib/file-path.ts'
import { bytes, plural } from '../../../../../lib/format.ts'
import { mayExec } from '../../../state/access.ts'
import { sayProblem } from '../../../state/toasts.ts'
import { Icon, type IconName } from '../../../ui/icon.tsx'
import { Empty, IconButton, Time } from '../../../ui/parts.tsx'
import { Remove } from '../../../ui/remove.tsx'
import { Table } from '../../../ui/table.tsx'
import { AddTo } from './add.tsx'
import { openMore, urlOf, type FoundFolder } from './open.ts'
import { removeAt } from './change.ts'

type Props = { id: string; found: FoundFolder; onGo: (path: string) => void; again: () => void }

export function Folder({ id, found, onGo, again }: Props) {
  const [more, setMore] = useState<FoundFolder>()
  // A reload starts at the first page.
  const shown = more && more.entries[0] === found.entries[0] ? more : found
  const { path, entries, reason, cursor } = shown
  const failed = (what: string) => (error: unknown) => sayProblem(what, error)
  const archive = `/containers/${encodeURIComponent(id)}/files/archive?path=${path}&format=zip`
  const name = path === '/' ? 'root' : (path.split('/').at(-1) ?? '')
  const tools = (
    <span class="push actions-line">
      <span class="muted">
        {plural(entries.length, 'entry', 'entries')}
        {cursor !== undefined && ' so far'}
      </span>
      <button
        type="button"
        class="button small"
        onClick={() => void save(archive, `${name}.zip`).catch(failed('The folder was not downloaded'))}
      >
        <Icon name="download" /> Download as zip
      </button>
    </span>
  )
  return (
    <AddTo id={id} path={path} names={entries.map((each) => each.name)} onAdded={again} tools={tools}>
      {entries.length === 0 && <Empty>This folder is empty.</Empty>}
      {entries.length > 0 && (
        <Table
          heads={['Name', { label: 'Size', isEnd: true }, 'Mode', { label: 'Changed', isEnd: true }]}
          items={entries}
          row={(entry) => <Row key={encodeName(entry)} {...{ id, entry, onGo, again }} folder={path} />}
        />
      )}
      {cursor !== undefined && (
        <button
          type="button"
          class="button"
          onClick={() => void openMore(id, shown).then(setMore, failed('The rest cannot be had'))}
        >
          Show more
        </button>
      )}
      {reason !== null && <p class="muted">This is not all: {reason}.</p>}
    </AddTo>
  )
}

const ICONS: Partial<Record<FileEntry['kind'], IconName>> = { folder: 'folder', link: 'link', file: 'file' }

type RowProps = Pick<Props, 'id' | 'onGo' | 'again'> & { entry: FileEntry; folder: string }

function Row({ id, folder, entry, onGo, again }: RowProps) {
  const { name, kind, size, mode, uid, gid, modified, target } = entry
  const path = below(folder, encodeName(entry))
  const canOpen = kind === 'file' || kind === 'folder' || kind === 'link'
  return (
    <tr>
      <td class="file-name">
        <Icon name={ICONS[kind] ?? 'file'} />
        {canOpen ? (
          <button type="button" class="name-link" onClick={() => onGo(path)}>
            {name}
          </button>
        ) : (
          name
        )}
        {target !== null && <span class="muted"> → {target}</span>}
      </td>
      <td class="end muted">{kind === 'file' && size !== null ? bytes(size) : ''}</td>
      <td class="mono muted" title={`user ${uid}, group ${gid}`}>
        {mode}
      </td>
      <td class="end muted">
        <Time at={modified} />
      </td>
      <td class="end">
        {kind === 'file' && (
          <IconButton
            icon="download"
            label={`download ${name}`}
            onClick={() =>
              void save(urlOf(id, path), name).catch((error: unknown) =>
                sayProblem(`${name} was not downloaded`, error)
              )
            }
          />
        )}
        {mayExec() && (
          <Remove
            name={name}
            warning={kind === 'folder' ? 'Its content is removed, too. You cannot undo this.' : 'You cannot undo this.'}
            remove={() => removeAt(id, path)}
            onGone={again}
          />
        )}
      </td>
    </tr>
  )
}
