// Small parts that many views share.

import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { problemFrom } from '../api/client.ts'
import type { Problem } from '../../../client/api.ts'
import { ago } from '../../../lib/format.ts'
import { now } from '../state/clock.ts'
import { say } from '../state/toasts.ts'
import { Icon, type IconName } from './icon.tsx'

export function Time({ at }: { at: string | number }) {
  const date = new Date(at)
  return (
    <time dateTime={date.toISOString()} title={date.toLocaleString()}>
      {ago(date.getTime(), now.value)}
    </time>
  )
}

export function ProblemBox({ problem, again }: { problem: Problem; again?: () => void }) {
  return (
    <div class="problem" role="alert">
      <strong>{problem.title}</strong>
      <span>{problem.detail}</span>
      {problem.errors?.map(({ field, message }) => (
        <span key={field}>
          <code>{field}</code> {message}
        </span>
      ))}
      <span class="fine">
        {problem.type === '' ? problem.code : <a href={problem.type}>{problem.code}</a>}
        {problem.request_id === '' ? '' : ` · request ${problem.request_id}`}
      </span>
      {again && (
        <span>
          <button type="button" class="button small" onClick={again}>
            Try again
          </button>
        </span>
      )}
    </div>
  )
}

export function Empty({ children }: { children: ComponentChildren }) {
  return <div class="empty">{children}</div>
}

export function Skeleton() {
  return (
    <div class="skeleton" aria-busy="true" aria-label="Loading">
      {[1, 2, 3, 4, 5, 6].map((line) => (
        <i key={line} />
      ))}
    </div>
  )
}

/** Data that a view reads once, and again on request. */
export function useLoad<T>(load: () => Promise<T>, inputs: readonly unknown[] = []) {
  const [state, setState] = useState<{ value?: T; problem?: Problem }>({})
  const [round, setRound] = useState(0)
  useEffect(() => {
    let isCurrent = true
    load().then(
      (value) => isCurrent && setState({ value }),
      (error: unknown) => isCurrent && setState((old) => ({ ...old, problem: problemFrom(error) }))
    )
    return () => void (isCurrent = false)
  }, [round, ...inputs])
  return { ...state, again: () => setRound((count) => count + 1) }
}

export function IconButton({
  icon,
  label,
  onClick,
  disabled
}: {
  icon: IconName
  label: string
  onClick: () => void
  disabled?: boolean
}) {
  return (
    <button
      type="button"
      class="button plain small icon"
      aria-label={label}
      title={label}
      onClick={onClick}
      disabled={disabled}
    >
      <Icon name={icon} />
    </button>
  )
}

export function CopyButton({ text, label }: { text: string; label: string }) {
  const copy = async () => {
    await navigator.clipboard.writeText(text)
    say('Copied')
  }
  return (
    <button type="button" class="button small" onClick={() => void copy()}>
      <Icon name="copy" /> {label}
    </button>
  )
}
