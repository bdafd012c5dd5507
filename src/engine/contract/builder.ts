// Making an image from a Dockerfile.

import type { Readable } from 'node:stream'

/** All that is said to the builder. */
export type BuildSpec = {
  /** Of the build that Berth knows. */
  id: string
  builder: 'buildkit' | 'classic'
  tags: string[]
  /** Path of the Dockerfile in the context. */
  dockerfile: string
  buildArgs: Record<string, string>
  network: 'default' | 'none'
  /** BuildKit takes no notice of it. */
  cgroupParent?: string | undefined
  target?: string | undefined
  platform?: string | undefined
  noCache: boolean
}

export type BuildStep = {
  number: number
  name: string
  status: 'running' | 'completed' | 'cached' | 'failed'
  durationMs: number | null
}

/** `line` may hold several. */
export type BuildProgress = { line: string } | { step: BuildStep } | { imageId: string }

export type EngineBuilder = {
  hasBuildKit(): boolean
  /** Ends when the image is made; failures are thrown. `context` is a tar file, read once. */
  buildImage(spec: BuildSpec, context: Readable, signal: AbortSignal): AsyncIterable<BuildProgress>
  /**
   * Removes leftovers of earlier tries of a build from when the engine was killed. `since` is a time before the first
   * try.
   */
  removeBuildContainers(buildId: string, since: number): Promise<void>
}
