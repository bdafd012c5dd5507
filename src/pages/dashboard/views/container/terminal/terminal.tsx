// A terminal in a container. Its session outlives this view by a minute, so a switch of tabs or a reload loses nothing.

import { useEffect, useRef, useState } from 'preact/hooks'
import { problemFrom } from '../../../api/client.ts'
import type { Container, Problem } from '../../../../../client/api.ts'
import { act, verbsFor } from '../../../state/actions.ts'
import { Empty, ProblemBox } from '../../../ui/parts.tsx'

type Course =
  | { is: 'connecting' }
  | { is: 'open'; command: string }
  | { is: 'lost' }
  | { is: 'ended'; exitCode: number | null; reason: string }
  | { is: 'failed'; problem: Problem }

export function Terminal({ container }: { container: Container }) {
  const { id, name, state } = container
  const box = useRef<HTMLDivElement>(null)
  const [course, setCourse] = useState<Course>({ is: 'connecting' })
  const [round, setRound] = useState(0)
  const isRunning = state === 'running'
  // The output of a terminal stays readable after its container has stopped.
  const isShown = isRunning || course.is !== 'connecting'

  useEffect(() => {
    if (!isRunning || !box.current) return
    const element = box.current
    let close = () => {}
    let isCurrent = true
    setCourse({ is: 'connecting' })
    const failed = (error: unknown) => setCourse({ is: 'failed', problem: problemFrom(error) })
    import('./screen.ts').then(({ openScreen }) => {
      if (!isCurrent) return
      element.replaceChildren()
      close = openScreen({
        id,
        box: element,
        label: `Terminal in ${name}. F6 leaves it.`,
        onOpened: (command) => setCourse({ is: 'open', command }),
        onLost: () => setCourse({ is: 'lost' }),
        onEnded: (how) =>
          setCourse(
            'problem' in how
              ? { is: 'failed', problem: how.problem }
              : { is: 'ended', exitCode: how.exit_code, reason: how.reason }
          )
      })
    }, failed)
    return () => {
      isCurrent = false
      close()
    }
  }, [id, isRunning, round])

  if (!isShown)
    return (
      <Empty>
        <p>A terminal needs a running container.</p>
        {verbsFor(container).includes('start') && (
          <button type="button" class="button" onClick={() => void act('start', [container])}>
            Start
          </button>
        )}
      </Empty>
    )
  const isOver = course.is === 'ended' || course.is === 'failed'
  return (
    <section class="terminal" aria-label={`Terminal in ${name}`}>
      <div class="actions-line">
        <span class="muted" role="status">
          {textOf(course)}
        </span>
        {isOver && isRunning && (
          <button type="button" class="button small push" onClick={() => setRound(round + 1)}>
            Open a new one
          </button>
        )}
        {!isOver && <span class="push muted optional">F6 leaves the terminal</span>}
      </div>
      {course.is === 'failed' && <ProblemBox problem={course.problem} />}
      {/* Its keys are the command's, also Escape, which else closes the drawer. */}
      <div class="terminal-box" ref={box} onKeyDown={(event) => event.metaKey || event.stopPropagation()} />
    </section>
  )
}

function textOf(course: Course): string {
  switch (course.is) {
    case 'connecting':
      return 'Connecting …'
    case 'lost':
      return 'The connection broke. Connecting again …'
    case 'open':
      // The server names no command when it chose one.
      return course.command || 'The shell of the image'
    case 'failed':
      return 'It is not open.'
    case 'ended': {
      const { exitCode, reason } = course
      return exitCode === null ? `It ended: ${reason}.` : `It ended with exit code ${exitCode}.`
    }
  }
}
