// Images, and their transfer from and to registries.

import type { Healthcheck, Protocol } from './containers.ts'
import type { RegistryLogin } from './registry-login.ts'

export type ImageSummary = {
  id: string
  tags: string[]
  digests: string[]
  createdAt: string | null
  sizeBytes: number
  labels: Record<string, string>
}

export type ImageRecord = ImageSummary & {
  architecture: string
  os: string
  exposedPorts: { port: number; protocol: Protocol }[]
  command: string[]
  entrypoint: string[]
  envNames: string[]
  workingDir: string
  user: string
  volumes: string[]
  healthcheck: Healthcheck | undefined
  /** Instructions that run first in builds on it (ONBUILD). */
  triggers: string[]
  layers: number
}

/** The progress of a pull or push, for one layer or in total. */
export type TransferProgress = {
  layer: string | null
  status: string
  currentBytes: number | null
  totalBytes: number | null
}

export type Transfer = {
  login?: RegistryLogin | undefined
  /** Ends the transfer in the engine, too. */
  signal?: AbortSignal | undefined
  onProgress?: ((progress: TransferProgress) => void) | undefined
}

/** The digest of the pushed image, and the size of its manifest. */
export type PushedImage = { digest: string; sizeBytes: number }

type RemovedImage = { untagged: string[]; deleted: string[] }

export type EngineImages = {
  /** Undefined if the engine says that it does not exist. Throws if it could not be read. */
  inspectImage(reference: string): Promise<ImageRecord | undefined>
  listImages(filter?: { label?: string }): Promise<ImageSummary[]>
  pullImage(reference: string, transfer?: Transfer): Promise<void>
  pushImage(reference: string, transfer?: Transfer): Promise<PushedImage>
  tagImage(source: string, target: string): Promise<void>
  /** Removing a missing image succeeds. `force` also removes a name that a container uses. */
  removeImage(reference: string, options?: { force?: boolean }): Promise<RemovedImage>
}
