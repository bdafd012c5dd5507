// Builds: one is dropped in, the others are listed; each opens beside its log.

import { useEffect } from 'preact/hooks'
import { ask } from '../../api/client.ts'
import { onEvent, soon } from '../../state/feed.ts'
import { hrefOf, path } from '../../state/route.ts'
import { duration, plural } from '../../lib/format.ts'
import { Empty, ProblemBox, Skeleton, Time, useLoad } from '../../ui/parts.tsx'
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
        {builds && <span class="muted">{plural(builds.length, 'build')}</span>}
      </div>
      <div class="view-body rows">
        <NewBuild />
        {problem && <ProblemBox problem={problem} again={again} />}
        {!builds && !problem && <Skeleton />}
        {builds?.length === 0 && <Empty>No builds yet.</Empty>}
        {builds && builds.length > 0 && (
          <div class="panel table-panel">
            <table class="plain">
              <thead>
                <tr>
                  <th>State</th>
                  <th>Image</th>
                  <th>Build</th>
                  <th>Push</th>
                  <th>Run</th>
                  <th class="end">Took</th>
                  <th class="end">When</th>
                </tr>
              </thead>
              <tbody>
                {builds.map((each) => (
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
                    <td>{each.build.status}</td>
                    <td>{each.push.status}</td>
                    <td>{each.run.status}</td>
                    <td class="end">{each.build.duration_ms === null ? '–' : duration(each.build.duration_ms)}</td>
                    <td class="end muted">
                      <Time at={each.created_at} />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </div>
    </>
  )
}
