// Builds: a drop zone for a new one, and a list of all. Each opens beside its log.

import { useEffect } from 'preact/hooks'
import { ask } from '../../api/client.ts'
import type { Build } from '../../../../client/api.ts'
import { onEvent, soon } from '../../state/feed.ts'
import { hrefOf, path } from '../../state/route.ts'
import { duration, plural } from '../../../../lib/format.ts'
import { Empty, ProblemBox, Skeleton, Time, useLoad } from '../../ui/parts.tsx'
import { Table } from '../../ui/table.tsx'
import { BuildPage } from './build.tsx'
import { NewBuild } from './new-build.tsx'
import { Stage } from './stage.tsx'

export function Builds() {
  const [, id] = path.value
  return id === undefined ? <All /> : <BuildPage key={id} id={id} />
}

function All() {
  const { value: builds, problem, again } = useLoad(() => ask('listBuilds', { limit: 100 }))
  useEffect(() => {
    const read = soon(again, 300)
    return onEvent(({ type }) => {
      if (type.startsWith('build.') || type === 'resync') read()
    })
  }, [])
  return (
    <>
      <div class="view-head">
        <h1>Builds</h1>
        {builds && builds.length > 0 && <span class="muted">{plural(builds.length, 'build')}</span>}
      </div>
      <div class="view-body rows">
        <NewBuild />
        {problem && <ProblemBox problem={problem} again={again} />}
        {!builds && !problem && <Skeleton />}
        {builds?.length === 0 && <Empty>No builds yet.</Empty>}
        {builds && builds.length > 0 && (
          <Table
            heads={[
              'State',
              'Image',
              'Build',
              'Push',
              'Run',
              { label: 'Took', isEnd: true },
              { label: 'When', isEnd: true }
            ]}
            hasActions={false}
            items={builds}
            row={(each) => (
              <tr key={each.id}>
                <td>
                  <Stage status={each.status} />
                </td>
                <td>
                  <a class="name-link" href={hrefOf('builds', each.id)}>
                    {each.image_name}
                  </a>{' '}
                  <span class="muted">{each.image_tags.join(', ')}</span>
                </td>
                <td>{each.build.status.replace('_', ' ')}</td>
                <td>{pushOf(each)}</td>
                <td>{each.run.status}</td>
                <td class="end">{each.build.duration_ms === null ? '–' : duration(each.build.duration_ms)}</td>
                <td class="end muted">
                  <Time at={each.created_at} />
                </td>
              </tr>
            )}
          />
        )}
      </div>
    </>
  )
}

/** The number of tags, if there are several. */
function pushOf({ push, references }: Build): string {
  const isSeveral = references.length > 1 && push.status !== 'skipped'
  return isSeveral ? `${push.status}, ${push.pushed.length} of ${references.length}` : push.status
}
