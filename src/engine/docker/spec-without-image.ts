// Engines merge values of an image into its containers. This removes them, which leaves the request. Pure.

import { isDeepStrictEqual } from 'node:util'
import type { ContainerSpec } from '../contract/containers.ts'
import { slowed } from '../health-interval.ts'
import { mapHealthcheck, splitEnv } from './map.ts'
import type { RawImage } from './schemas/images.ts'

export function withoutImage(spec: ContainerSpec, { Config: image }: RawImage): ContainerSpec {
  const { command, entrypoint, ...rest } = spec
  const own = <T>(value: T | undefined, imageValue: unknown) =>
    isDeepStrictEqual(value, imageValue) ? undefined : value
  const check = mapHealthcheck(image?.Healthcheck)
  const ownEntrypoint = own(entrypoint, image?.Entrypoint ? [image.Entrypoint].flat() : undefined)
  return {
    ...rest,
    env: without(spec.env, Object.fromEntries((image?.Env ?? []).map(splitEnv))),
    labels: without(spec.labels, image?.Labels ?? {}),
    entrypoint: ownEntrypoint,
    // A separate entrypoint excludes the image's command.
    command: ownEntrypoint ? command : own(command, image?.Cmd ?? undefined),
    workingDir: own(spec.workingDir, image?.WorkingDir),
    user: own(spec.user, image?.User),
    healthcheck: own(spec.healthcheck, slowed(check) ?? check)
  }
}

function without(values: Record<string, string>, others: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).filter(([name, value]) => others[name] !== value))
}
