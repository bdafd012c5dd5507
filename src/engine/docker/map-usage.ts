// What takes up the engine's disk in Docker's JSON, in our words. Pure.

import type { DiskUsage } from '../contract/system.ts'

type RawContainer = { Id: string; SizeRw?: number }
type RawImage = { Id: string; Size?: number; SharedSize?: number }
type RawVolume = {
  Name: string
  CreatedAt?: string
  Labels?: Record<string, string> | null
  UsageData?: { RefCount?: number; Size?: number } | null
}
type RawCache = { InUse?: boolean; Shared?: boolean; Size?: number; LastUsedAt?: string | null; CreatedAt?: string }
type Listed<T> = { Items?: T[] | null } | null

/** Up to API 1.51 as plain lists, above 1.52 as the items of a summary; 1.52 itself may send either. */
export type RawUsage = {
  Containers?: RawContainer[] | null | undefined
  Images?: RawImage[] | null | undefined
  Volumes?: RawVolume[] | null | undefined
  BuildCache?: RawCache[] | null | undefined
  ContainerUsage?: Listed<RawContainer>
  ImageUsage?: Listed<RawImage>
  VolumeUsage?: Listed<RawVolume>
  BuildCacheUsage?: Listed<RawCache>
}

export function mapUsage(raw: RawUsage): DiskUsage {
  const containers = raw.Containers ?? raw.ContainerUsage?.Items ?? []
  const images = raw.Images ?? raw.ImageUsage?.Items ?? []
  const volumes = raw.Volumes ?? raw.VolumeUsage?.Items ?? []
  const buildCache = raw.BuildCache ?? raw.BuildCacheUsage?.Items ?? []
  return {
    containers: new Map(containers.map(({ Id: id, SizeRw: bytes = 0 }) => [id, bytes])),
    images: new Map(
      images.map(({ Id: id, Size: size = 0, SharedSize: shared = 0 }) => [imageId(id), size - Math.max(0, shared)])
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
