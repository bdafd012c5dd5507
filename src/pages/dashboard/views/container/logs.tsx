// The output of a container: follow, search, and jump to matches.

import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { send } from '../../api/client.ts'
import { saveBlob } from '../../api/save.ts'
import { follow } from '../../api/stream.ts'
import type { Container } from '../../../../client/api.ts'
import { spansOf } from '../../lib/ansi.ts'
import { sayProblem } from '../../state/toasts.ts'
import { Icon } from '../../ui/icon.tsx'
import { createLogLines, searchFor, type LogLine } from './log-lines.ts'

const LINE = 18
const MORE = 20
/** Lines have different heights and are not virtual, so only the last ones are rendered. */
const WRAPPED = 3_000
const TAIL = 10_000

export function Logs({ container: { id, name, state } }: { container: Container }) {
  const lines = useMemo(createLogLines, [id])
  const [round, setRound] = useState(0)
  const [ended, setEnded] = useState<string>()
  const [search, setSearch] = useState('')
  const [levels, setLevels] = useState<ReadonlySet<string>>(new Set())
  const [isWrapped, setWrapped] = useState(false)
  const [isFollowing, setFollowing] = useState(true)
  const [found, setFound] = useState<number>()

  useEffect(() => {
    let frame = 0
    const draw = () => {
      frame ||= requestAnimationFrame(() => {
        frame = 0
        setRound((count) => count + 1)
      })
    }
    setEnded(undefined)
    const stop = follow(`/containers/${id}/logs?follow=true&tail=${TAIL}&timestamps=true`, {
      onMessage(stream, data) {
        lines.add(stream as LogLine['stream'], data as { line: string })
        draw()
      },
      onEnd: (why) => setEnded('problem' in why ? why.problem.detail : why.reason)
    })
    return () => {
      stop()
      cancelAnimationFrame(frame)
    }
  }, [id, state === 'running'])

  const { fits, fault } = useMemo(() => searchFor(search, levels), [search, levels])
  const isSearching = search !== '' || levels.size > 0
  const shown = useMemo(() => (isSearching ? lines.all.filter(fits) : lines.all), [lines, fits, isSearching, round])
  const showInContext = (number: number) => {
    setSearch('')
    setLevels(new Set())
    setFollowing(false)
    setFound(number)
  }
  const toggle = (level: string) => {
    const next = new Set(levels)
    if (!next.delete(level)) next.add(level)
    setLevels(next)
  }

  return (
    <section class="logs" aria-label={`Logs of ${name}`}>
      <div class="logs-tools">
        <input
          class="input"
          type="search"
          aria-label="Search the log"
          aria-invalid={fault !== undefined}
          title={fault}
          placeholder="Search, or /expression/"
          value={search}
          onInput={(event) => setSearch(event.currentTarget.value)}
        />
        {['error', 'warn'].map((level) => (
          <button key={level} type="button" class="chip" aria-pressed={levels.has(level)} onClick={() => toggle(level)}>
            {level === 'warn' ? 'Warnings' : 'Errors'}
          </button>
        ))}
        <button type="button" class="chip" aria-pressed={isFollowing} onClick={() => setFollowing(!isFollowing)}>
          Follow
        </button>
        <button type="button" class="chip" aria-pressed={isWrapped} onClick={() => setWrapped(!isWrapped)}>
          <Icon name="wrap" /> Wrap
        </button>
        <button type="button" class="chip" onClick={() => void download(id, name)}>
          <Icon name="download" /> Download
        </button>
      </div>
      <Lines
        lines={isWrapped ? shown.slice(-WRAPPED) : shown}
        isWrapped={isWrapped}
        isFollowing={isFollowing}
        onScrolledBack={() => setFollowing(false)}
        found={found}
        {...(isSearching && { onContext: showInContext })}
      />
      <p class="muted" role="status">
        {shown.length.toLocaleString('en')}{' '}
        {isSearching ? `of ${lines.all.length.toLocaleString('en')} lines` : 'lines'}
        {isWrapped && shown.length > WRAPPED ? `, the last ${WRAPPED.toLocaleString('en')} shown wrapped` : ''}
        {ended === undefined ? '' : ` · ended: ${ended}`}
      </p>
    </section>
  )
}

type LinesProps = {
  lines: readonly LogLine[]
  isWrapped: boolean
  isFollowing: boolean
  onScrolledBack: () => void
  found: number | undefined
  onContext?: (number: number) => void
}

function Lines({ lines, isWrapped, isFollowing, onScrolledBack, found, onContext }: LinesProps) {
  const box = useRef<HTMLDivElement>(null)
  const [top, setTop] = useState(0)
  const element = box.current
  const height = element?.clientHeight ?? 600
  const first = isWrapped ? 0 : Math.max(0, Math.min(Math.floor(top / LINE), lines.length) - MORE)
  const seen = isWrapped ? lines : lines.slice(first, first + Math.ceil(height / LINE) + 2 * MORE)

  useEffect(() => {
    if (isFollowing && box.current) box.current.scrollTop = box.current.scrollHeight
  })
  useEffect(() => {
    if (found === undefined || !box.current) return
    const index = lines.findIndex(({ number }) => number === found)
    if (index !== -1) box.current.scrollTop = index * LINE - box.current.clientHeight / 2
  }, [found])

  return (
    <div
      class={`logs-lines ${isWrapped ? 'logs-wrap' : ''}`}
      ref={box}
      tabIndex={0}
      role="log"
      aria-live="off"
      aria-label="Lines"
      onWheel={({ deltaY }) => {
        if (deltaY < 0) onScrolledBack()
      }}
      onScroll={(event) => setTop(event.currentTarget.scrollTop)}
    >
      <div class="logs-space" style={{ height: isWrapped ? 'auto' : `${lines.length * LINE}px` }}>
        <div
          class={isWrapped ? '' : 'logs-seen'}
          style={{ transform: isWrapped ? 'none' : `translateY(${first * LINE}px)` }}
        >
          {seen.map((line) => (
            <Line key={line.number} line={line} isFound={line.number === found} onContext={onContext} />
          ))}
        </div>
      </div>
    </div>
  )
}

function Line({
  line,
  isFound,
  onContext
}: {
  line: LogLine
  isFound: boolean
  onContext: ((number: number) => void) | undefined
}) {
  return (
    <div class="log" data-level={line.level} data-found={isFound ? '' : undefined}>
      {line.time !== '' && (
        <time title={line.time}>{new Date(line.time).toLocaleTimeString([], { hourCycle: 'h23' })}</time>
      )}
      <span>
        {spansOf(line.text).map(({ text, classes }, index) => (
          <span key={index} class={classes}>
            {text}
          </span>
        ))}
      </span>
      {onContext && (
        <button type="button" class="context" onClick={() => onContext(line.number)}>
          show in context
        </button>
      )}
    </div>
  )
}

async function download(id: string, name: string): Promise<void> {
  try {
    const answer = await send(`/containers/${id}/logs?tail=all&timestamps=true`, { headers: { accept: 'text/plain' } })
    saveBlob(await answer.blob(), `${name}.log`)
  } catch (error) {
    sayProblem(`The log of ${name} cannot be had`, error)
  }
}
