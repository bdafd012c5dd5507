// The networks of a service, and the addresses of its task on them. Pure.

import type { NetworkPlace } from '../contract/containers.ts'
import type { RawServiceSpec } from './schemas/services.ts'
import type { RawTask } from './schemas/tasks.ts'

type Names = ReadonlyMap<string, string>

export function networkNames({ TaskTemplate: template }: RawServiceSpec, names: Names) {
  return (template.Networks ?? []).map(({ Target: target, Aliases: aliases }) => ({
    name: names.get(target) ?? target,
    aliases: aliases ?? []
  }))
}

/** The mesh's network does not belong to the container. */
export function placesOf(spec: RawServiceSpec, task: RawTask | undefined, names: Names): NetworkPlace[] {
  const attachments = task?.NetworksAttachments ?? []
  return networkNames(spec, names).map(({ name, aliases }) => {
    const attachment = attachments.find(({ Network: { ID: id, Spec: spec } }) => spec.Name === name || id === name)
    return { name, address: attachment?.Addresses?.[0]?.replace(/\/\d+$/, '') ?? null, aliases }
  })
}
