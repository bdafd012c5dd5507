// Docker's JSON about images to our words. Pure.

import type { ImageInfo, ImageInspectInfo } from 'dockerode'
import type { ImageRecord, ImageSummary } from '../contract/images.ts'
import { mapTime, parsePortKey, splitEnv, withoutEmptyOwn } from './map.ts'

const NO_NAME = '<none>:<none>'
const NO_DIGEST = '<none>@<none>'

// What the types of dockerode leave out or say wrongly.
type Config = {
  Cmd?: string[] | null
  Entrypoint?: string[] | string | null
  Env?: string[] | null
  ExposedPorts?: Record<string, unknown> | null
  Labels?: Record<string, string> | null
  OnBuild?: string[] | null
  User?: string
  Volumes?: Record<string, unknown> | null
  WorkingDir?: string
}

export function mapImage(info: ImageInspectInfo): ImageRecord {
  const config = (info.Config ?? {}) as Config
  return {
    id: info.Id,
    tags: info.RepoTags ?? [],
    digests: info.RepoDigests ?? [],
    createdAt: mapTime(info.Created) ?? null,
    sizeBytes: info.Size ?? 0,
    labels: withoutEmptyOwn(config.Labels ?? {}),
    architecture: info.Architecture ?? '',
    os: info.Os ?? '',
    exposedPorts: Object.keys(config.ExposedPorts ?? {}).flatMap((key) => {
      const port = parsePortKey(key)
      return port ? [{ port: port.containerPort, protocol: port.protocol }] : []
    }),
    command: config.Cmd ?? [],
    entrypoint: [config.Entrypoint ?? []].flat(),
    envNames: (config.Env ?? []).map((line) => splitEnv(line)[0]),
    workingDir: config.WorkingDir ?? '',
    user: config.User ?? '',
    volumes: Object.keys(config.Volumes ?? {}),
    triggers: config.OnBuild ?? [],
    layers: info.RootFS?.Layers?.length ?? 0
  }
}

export function mapImageSummary(row: ImageInfo): ImageSummary {
  return {
    id: row.Id,
    tags: (row.RepoTags ?? []).filter((tag) => tag !== NO_NAME),
    digests: (row.RepoDigests ?? []).filter((digest) => digest !== NO_DIGEST),
    createdAt: new Date(row.Created * 1000).toISOString(),
    sizeBytes: row.Size ?? 0,
    labels: withoutEmptyOwn(row.Labels ?? {})
  }
}
