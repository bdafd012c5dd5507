// Maps Docker's disk usage. Pure.

import type { DiskUsage } from '../contract/system.ts'
import type { RawUsage } from './schemas/system.ts'

export function mapUsage(raw: RawUsage): DiskUsage {
  const containers = raw.Containers ?? raw.ContainerUsage?.Items ?? []
  const images = raw.Images ?? raw.ImageUsage?.Items ?? []
  const volumes = raw.Volumes ?? raw.VolumeUsage?.Items ?? []
  const buildCache = raw.BuildCache ?? raw.BuildCacheUsage?.Items ?? []
  return {
    containers: new Map(containers.map(({ Id: id, SizeRw: bytes }) => [id, bytes ?? 0])),
    images: new Map(
      images.map(({ Id: id, Size: size, SharedSize: shared }) => [imageId(id), (size ?? 0) - Math.max(0, shared ?? 0)])
    ),
    volumes: volumes.map(({ Name: name, CreatedAt: createdAt, Labels: labels, UsageData: data }) => ({
      name,
      labels: labels ?? {},
      createdAt: createdAt ?? null,
      sizeBytes: Math.max(0, data?.Size ?? 0),
      // -1 is said where the engine does not know.
      isUsed: (data?.RefCount ?? -1) !== 0
    })),
    buildCache: buildCache.map((entry) => ({
      sizeBytes: entry.Size ?? 0,
      isUsed: Boolean(entry.InUse) || Boolean(entry.Shared),
      lastUsedAt: entry.LastUsedAt ?? entry.CreatedAt ?? null
    }))
  }
}

/** Podman leaves the algorithm out here, and nowhere else. */
function imageId(id: string): string {
  return id.includes(':') ? id : `sha256:${id}`
}
