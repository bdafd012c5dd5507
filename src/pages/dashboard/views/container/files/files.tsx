// The file system of a container. The address has the path, and the type of the entry decides the view.

import type { Container } from '../../../../../client/api.ts'
import { stepsOf } from '../../../lib/file-path.ts'
import { query, setQuery } from '../../../state/route.ts'
import { ProblemBox, Skeleton, useLoad } from '../../../ui/parts.tsx'
import { Folder } from './folder.tsx'
import { open } from './open.ts'
import { Viewer } from './viewer.tsx'

export function Files({ container: { id, name } }: { container: Container }) {
  const path = query.value.get('at') ?? '/'
  const { value, problem, again } = useLoad(() => open(id, path), [id, path])
  const go = (to: string) => setQuery({ at: to === '/' ? undefined : to })
  // Data of another path must not appear under this one.
  const found = value?.path === path ? value : undefined
  return (
    <section class="rows" aria-label={`Files of ${name}`}>
      <nav class="crumbs" aria-label="Path">
        {stepsOf(path).map((step) => (
          <button
            key={step.path}
            type="button"
            class="crumb"
            aria-current={step.path === path ? 'page' : undefined}
            onClick={() => go(step.path)}
          >
            {step.name}
          </button>
        ))}
      </nav>
      {problem && <ProblemBox problem={problem} again={again} />}
      {!found && !problem && <Skeleton />}
      {found?.kind === 'folder' && <Folder key={path} id={id} found={found} onGo={go} again={again} />}
      {found?.kind === 'file' && <Viewer found={found} />}
    </section>
  )
}
