// Docker's JSON about images to our words. Pure.

import { shortName } from '../../lib/reference.ts'
import type { ImageRecord, ImageSummary } from '../contract/images.ts'
import { mapHealthcheck, mapTime, parsePortKey, splitEnv, withoutEmptyOwn } from './map.ts'
import type { RawImage, RawImageRow } from './schemas/images.ts'

const NO_NAME = '<none>:<none>'
const NO_DIGEST = '<none>@<none>'

export function mapImage(info: RawImage): ImageRecord {
  const config = info.Config ?? {}
  return {
    id: info.Id,
    tags: (info.RepoTags ?? []).map(shortName),
    digests: (info.RepoDigests ?? []).map(shortName),
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
    healthcheck: mapHealthcheck(config.Healthcheck),
    triggers: config.OnBuild ?? [],
    layers: info.RootFS?.Layers?.length ?? 0
  }
}

export function mapImageSummary(row: RawImageRow): ImageSummary {
  return {
    id: row.Id,
    tags: (row.RepoTags ?? []).filter((tag) => tag !== NO_NAME).map(shortName),
    digests: (row.RepoDigests ?? []).filter((digest) => digest !== NO_DIGEST).map(shortName),
    createdAt: new Date(row.Created * 1000).toISOString(),
    sizeBytes: row.Size ?? 0,
    labels: withoutEmptyOwn(row.Labels ?? {})
  }
}
