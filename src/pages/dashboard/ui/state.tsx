// The state of a container as a shape, a colour and a word.

import type { Container } from '../../../client/api.ts'

type Look = { word: string; tone: 'good' | 'warn' | 'bad' | 'idle'; shape: keyof typeof SHAPES }

const SHAPES = {
  disc: <circle cx="6" cy="6" r="4.5" fill="currentColor" />,
  ring: <circle cx="6" cy="6" r="4" fill="none" stroke="currentColor" stroke-width="1.5" />,
  half: <path d="M6 1.500a4.500 4.500 0 010 9zM6 2a4 4 0 100 8" fill="currentColor" stroke="currentColor" />,
  triangle: <path d="M6 1l5.500 10H.5z" fill="currentColor" />,
  bars: <path d="M2 1.500h3v9H2zM7 1.500h3v9H7z" fill="currentColor" />,
  cross: <path d="M2 2l8 8M10 2l-8 8" stroke="currentColor" stroke-width="2" fill="none" />,
  diamond: <path d="M6 1l5 5-5 5-5-5z" fill="none" stroke="currentColor" stroke-width="1.500" />
}

function lookOf({ state, health, exit_code: exitCode, oom_killed: isOutOfMemory }: Container): Look {
  if (state === 'running') {
    if (health === 'unhealthy') return { word: 'unhealthy', tone: 'bad', shape: 'triangle' }
    if (health === 'starting') return { word: 'starting', tone: 'warn', shape: 'half' }
    return { word: health === 'healthy' ? 'healthy' : 'running', tone: 'good', shape: 'disc' }
  }
  if (state === 'paused') return { word: 'paused', tone: 'idle', shape: 'bars' }
  if (state === 'restarting') return { word: 'restarting', tone: 'warn', shape: 'half' }
  if (state === 'created') return { word: 'created', tone: 'idle', shape: 'diamond' }
  if (state === 'dead' || state === 'removing') return { word: state, tone: 'bad', shape: 'cross' }
  if (isOutOfMemory) return { word: 'out of memory', tone: 'bad', shape: 'cross' }
  return exitCode
    ? { word: `exited ${exitCode}`, tone: 'bad', shape: 'cross' }
    : { word: 'exited', tone: 'idle', shape: 'ring' }
}

export function Mark({ shape, tone }: Pick<Look, 'shape' | 'tone'>) {
  return (
    <svg class={`mark ${tone}`} viewBox="0 0 12 12" aria-hidden="true">
      {SHAPES[shape]}
    </svg>
  )
}

export function State({ container }: { container: Container }) {
  const { word, tone, shape } = lookOf(container)
  return (
    <span class="state">
      <Mark shape={shape} tone={tone} />
      {word}
    </span>
  )
}
