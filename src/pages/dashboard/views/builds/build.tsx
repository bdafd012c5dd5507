// One build: its stages and steps as a timeline, its log beside them.

import { useEffect, useRef, useState } from 'preact/hooks'
import { ask } from '../../api/client.ts'
import { follow } from '../../api/stream.ts'
import type { BuildDetails } from '../../../../client/api.ts'
import { spansOf } from '../../lib/ansi.ts'
import { bytes, duration } from '../../../../lib/format.ts'
import { onEvent, soon } from '../../state/feed.ts'
import { go, hrefOf } from '../../state/route.ts'
import { sayProblem } from '../../state/toasts.ts'
import { ProblemBox, Skeleton, useLoad } from '../../ui/parts.tsx'
import { Stage } from './stage.tsx'

/** Interval for reading the steps of a running build. */
const LOOK_MS = 1_000

export function BuildPage({ id }: { id: string }) {
  const { value: build, problem, again } = useLoad(() => ask('getBuild', { id }))
  const isOpen = build?.status === 'pending' || build?.status === 'in_progress'
  useEffect(() => {
    const read = soon(again)
    return onEvent((event) => {
      if (event['id'] === id || event.type === 'resync') read()
    })
  }, [])
  useEffect(() => {
    if (!isOpen) return
    const timer = setInterval(() => document.hidden || again(), LOOK_MS)
    return () => clearInterval(timer)
  }, [isOpen])
  return (
    <>
      <div class="view-head">
        <h1>{build?.image_name ?? 'Build'}</h1>
        {build && <Actions build={build} again={again} />}
      </div>
      <div class="view-body rows">
        {problem && <ProblemBox problem={problem} again={again} />}
        {!build && !problem && <Skeleton />}
        {build && (
          <div class="split">
            <Course build={build} />
            <section class="panel">
              <h2>Log</h2>
              <Log id={id} status={build.status} />
            </section>
          </div>
        )}
      </div>
    </>
  )
}

function Actions({ build, again }: { build: BuildDetails; again: () => void }) {
  const { id, status, run, build: stage, references } = build
  const attempt = (what: string, work: () => Promise<unknown>) => () =>
    void work().then(again, (error: unknown) => sayProblem(`${what} was refused`, error))
  const isOpen = status === 'pending' || status === 'in_progress'
  const container = 'container_id' in run && run.container_id ? run.container_id : undefined
  return (
    <div class="actions-line">
      {container && (
        <a class="button small main" href={hrefOf('containers', container)}>
          Open its container
        </a>
      )}
      {stage.status === 'completed' && !container && (
        <a class="button small" href={`${hrefOf('create')}?image=${encodeURIComponent(references[0] ?? '')}`}>
          Run it
        </a>
      )}
      {isOpen && (
        <button type="button" class="button small" onClick={attempt('Cancelling', () => ask('cancelBuild', { id }))}>
          Cancel
        </button>
      )}
      {(status === 'failed' || status === 'cancelled') && (
        <button type="button" class="button small" onClick={attempt('Retrying', () => ask('retryBuild', { id }))}>
          Retry
        </button>
      )}
      {!isOpen && (
        <button
          type="button"
          class="button small danger"
          onClick={() =>
            void ask('removeBuild', { id }).then(
              () => go(hrefOf('builds')),
              (error: unknown) => sayProblem('Removing was refused', error)
            )
          }
        >
          Remove
        </button>
      )}
    </div>
  )
}

function Course({ build }: { build: BuildDetails }) {
  const stages = [
    { name: 'Build', stage: build.build },
    { name: 'Push', stage: build.push },
    { name: 'Run', stage: build.run }
  ].filter(({ stage }) => stage.status !== 'skipped')
  return (
    <section class="panel rows">
      <div>
        {stages.map(({ name, stage }) => (
          <div key={name}>
            <div class="list-line">
              <strong>{name}</strong>
              <Stage status={stage.status} />
              <span class="push muted">{stage.duration_ms === null ? '' : duration(stage.duration_ms)}</span>
            </div>
            {name === 'Push' && <PushedTags build={build} />}
            {stage.reason && <p class="problem">{stage.reason}</p>}
          </div>
        ))}
        {build.queue_position !== null && build.queue_position > 0 && (
          <p class="muted">{build.queue_position} before it in the queue.</p>
        )}
      </div>
      <ol class="steps" aria-label="Steps">
        {build.steps.map(({ number, name, status, duration_ms: ms }) => (
          <li class="step" key={number}>
            <Stage status={status} word="" />
            <code class="clip" title={name}>
              {name}
            </code>
            <span class="muted">{status === 'cached' ? 'cached' : ms === null ? status : duration(ms)}</span>
          </li>
        ))}
      </ol>
    </section>
  )
}

/** Berth pushes the tags one after the other. */
function PushedTags({ build: { references, push } }: { build: BuildDetails }) {
  const next = references.find((each) => !push.pushed.some(({ reference }) => reference === each))
  return (
    <ul class="steps" aria-label="Tags">
      {references.map((reference) => {
        const there = push.pushed.find((each) => each.reference === reference)
        const status = there ? 'completed' : reference === next ? push.status : 'pending'
        return (
          <li class="step" key={reference}>
            <Stage status={status} word="" />
            <code class="clip" title={there?.digest ?? reference}>
              {reference}
            </code>
            <span class="muted">{there ? bytes(there.size) : status.replace('_', ' ')}</span>
          </li>
        )
      })}
    </ul>
  )
}

function Log({ id, status }: { id: string; status: string }) {
  const [lines, setLines] = useState<string[]>([])
  const box = useRef<HTMLDivElement>(null)
  useEffect(() => {
    setLines([])
    return follow(`/builds/${id}/logs?follow=true`, {
      onMessage: (_name, data) => setLines((old) => [...old, (data as { line: string }).line])
    })
    // A retry starts a new log.
  }, [id, status === 'pending'])
  useEffect(() => {
    if (box.current) box.current.scrollTop = box.current.scrollHeight
  }, [lines])
  return (
    <div class="build-log" ref={box} role="log" aria-live="off" aria-label="Log of the build" tabIndex={0}>
      {lines.map((line, index) => (
        <div key={index}>
          {spansOf(line).map(({ text, classes }, at) => (
            <span key={at} class={classes}>
              {text}
            </span>
          ))}
        </div>
      ))}
    </div>
  )
}
