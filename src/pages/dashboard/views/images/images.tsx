import { ask } from '../../api/client.ts'
import type { Image } from '../../../../client/api.ts'
import { bytes, plural } from '../../../../lib/format.ts'
import { hrefOf, query, setQuery } from '../../state/route.ts'
import { Remove } from '../../ui/remove.tsx'
import { Table } from '../../ui/table.tsx'
import { UsedBy } from '../../ui/used-by.tsx'
import { ProblemBox, Skeleton, Time, useLoad } from '../../ui/parts.tsx'
import { Prune } from './prune.tsx'
import { Pull } from './pull.tsx'

export function Images() {
  const { value: images, problem, again } = useLoad(() => ask('listImages', {}))
  const search = (query.value.get('q') ?? '').toLowerCase()
  const isPruning = query.value.get('prune') === '1'
  const shown = images?.filter(({ tags, id }) => `${tags.join(' ')} ${id}`.toLowerCase().includes(search))
  return (
    <>
      <div class="view-head">
        <h1>Images</h1>
        {images && (
          <span class="muted">
            {plural(images.length, 'image')}, {bytes(images.reduce((total, { size }) => total + size, 0))}
          </span>
        )}
        <button type="button" class="button" onClick={() => setQuery({ prune: '1' })}>
          Clean up
        </button>
      </div>
      <div class="view-body rows">
        <Pull onPulled={again} />
        <div class="filters">
          <input
            class="input"
            type="search"
            aria-label="Search images"
            placeholder="Name or id"
            value={search}
            onInput={(event) => setQuery({ q: event.currentTarget.value })}
          />
        </div>
        {problem && <ProblemBox problem={problem} again={again} />}
        {!images && !problem && <Skeleton />}
        {shown && (
          <Table
            heads={['Name', 'Id', { label: 'Size', isEnd: true }, 'Used by', { label: 'Made', isEnd: true }]}
            items={shown}
            row={(image) => <Row key={image.full_id} image={image} onGone={again} />}
          />
        )}
      </div>
      {isPruning && (
        <Prune
          onClose={() => {
            setQuery({ prune: undefined })
            again()
          }}
        />
      )}
    </>
  )
}

function Row({ image, onGone }: { image: Image; onGone: () => void }) {
  const { id, tags, size, containers, created } = image
  const name = tags[0] ?? id
  return (
    <tr>
      <td>{tags.length === 0 ? <span class="muted">no name</span> : tags.map((tag) => <div key={tag}>{tag}</div>)}</td>
      <td>
        <code>{id.slice(0, 12)}</code>
      </td>
      <td class="end">{bytes(size)}</td>
      <td>
        <UsedBy containers={containers} />
      </td>
      <td class="end muted">{created && <Time at={created} />}</td>
      <td class="end">
        <a class="button small plain" href={`${hrefOf('create')}?image=${encodeURIComponent(name)}`}>
          Run
        </a>
        <Remove
          name={name}
          warning={`It frees up to ${bytes(size)}. It has to be pulled or built again when it is needed.`}
          remove={() => ask('removeImage', { reference: name })}
          onGone={onGone}
        />
      </td>
    </tr>
  )
}
