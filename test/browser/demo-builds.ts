// Builds that the pictures show, with the output of a builder, step by step.

import { setTimeout as sleep } from 'node:timers/promises'
import type { BuildProgress, EngineBuilder } from '../../src/engine/contract/builder.ts'
import { AppError } from '../../src/errors.ts'

type Said = { name: string; ms: number; isCached?: boolean; lines?: string[]; fails?: boolean }

const SHARED: Said[] = [
  { name: '[internal] load build definition from Dockerfile', ms: 20 },
  { name: '[1/5] FROM node:24-slim', ms: 0, isCached: true },
  { name: '[2/5] WORKDIR /app', ms: 0, isCached: true },
  { name: '[3/5] COPY package.json package-lock.json ./', ms: 40 }
]
const STEPS: Record<string, Said[]> = {
  'shop/checkout': [
    ...SHARED,
    { name: '[4/5] RUN npm ci', ms: 2_600, lines: ['added 212 packages in 2s', 'found 0 vulnerabilities'] },
    { name: '[5/5] COPY . .', ms: 90 },
    { name: 'exporting to image', ms: 420, lines: ['naming to shop/checkout:2.15'] }
  ],
  'shop/search': [
    ...SHARED,
    { name: '[4/5] RUN npm ci', ms: 900, lines: ['npm error 404 Not Found: elastic-clinet@^8'], fails: true }
  ],
  'shop/worker': [
    ...SHARED,
    { name: '[4/5] RUN npm ci', ms: 0, isCached: true },
    { name: '[5/5] COPY . .', ms: 700 },
    { name: 'exporting to image', ms: 600_000 }
  ]
}

/** In the order in which they are submitted. */
export const DEMO_BUILDS = [
  { image_name: 'shop/checkout', image_tag: ['2.15', 'latest'] },
  { image_name: 'shop/search', image_tag: '1.10' },
  { image_name: 'shop/worker', image_tag: '2.15' }
]

export const demoBuilds = (make: EngineBuilder['buildImage']): EngineBuilder['buildImage'] =>
  async function* (spec, context, signal) {
    const steps = STEPS[spec.tags[0]?.split(':')[0] ?? ''] ?? []
    for (const [index, step] of steps.entries()) yield* play(index + 1, step, signal)
    for await (const made of make(spec, context, signal)) if (!('line' in made)) yield made
  }

async function* play(number: number, said: Said, signal: AbortSignal): AsyncGenerator<BuildProgress> {
  const { name, ms, isCached = false, lines = [], fails = false } = said
  yield { line: `#${number} ${name}` }
  if (isCached) {
    yield { step: { number, name, status: 'cached', durationMs: 0 } }
    yield { line: `#${number} CACHED` }
    return
  }
  yield { step: { number, name, status: 'running', durationMs: null } }
  await sleep(ms, undefined, { signal })
  for (const line of lines) yield { line: `#${number} ${line}` }
  yield { step: { number, name, status: fails ? 'failed' : 'completed', durationMs: ms } }
  if (fails) throw new AppError('BUILD_FAILED', `${name}: exit code 1`)
  yield { line: `#${number} DONE ${(ms / 1_000).toFixed(1)}s` }
}
