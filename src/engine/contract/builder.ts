// Builds an image from a Dockerfile.

import type { Readable } from 'node:stream'

/** Everything that Berth sends to the builder. */
export type BuildSpec = {
  /** The id of Berth's build. */
  id: string
  builder: 'buildkit' | 'classic'
  tags: string[]
  /** Path of the Dockerfile in the context. */
  dockerfile: string
  buildArgs: Record<string, string>
  network: 'default' | 'none'
  /** BuildKit ignores it. */
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

/** `line` may contain several lines. */
export type BuildProgress = { line: string } | { step: BuildStep } | { imageId: string }

export type EngineBuilder = {
  hasBuildKit(): boolean
  /** Ends when the image exists, and throws failures. `context` is a tar file, read once. */
  buildImage(spec: BuildSpec, context: Readable, signal: AbortSignal): AsyncIterable<BuildProgress>
  /**
   * Removes leftovers of earlier tries of a build, after the engine was killed. `since` is a time before the first try.
   */
  removeBuildContainers(buildId: string, since: number): Promise<void>
}
