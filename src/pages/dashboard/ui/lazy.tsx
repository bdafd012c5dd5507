// A view that loads when it is first opened.

import type { ComponentType } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { ProblemBox, Skeleton } from './parts.tsx'
import { problemFrom } from '../api/client.ts'
import type { Problem } from '../../../client/api.ts'

export function lazy(fetchView: () => Promise<ComponentType>): ComponentType {
  let known: ComponentType | undefined
  return function Lazy() {
    const [View, setView] = useState<ComponentType | undefined>(() => known)
    const [problem, setProblem] = useState<Problem>()
    useEffect(() => {
      if (known) return
      fetchView().then(
        (view) => {
          known = view
          setView(() => view)
        },
        // A newer version has other files, which a reload fetches.
        (error: unknown) => setProblem(problemFrom(error))
      )
    }, [])
    if (View) return <View />
    return (
      <div class="view-body">
        {problem ? <ProblemBox problem={problem} again={() => location.reload()} /> : <Skeleton />}
      </div>
    )
  }
}
