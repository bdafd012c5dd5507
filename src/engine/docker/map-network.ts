// Networks in Docker's JSON, in our words. Pure.

import type { NetworkPlace } from '../contract/containers.ts'
import type { NetworkRecord } from '../contract/networks.ts'
import { NO_NETWORK, RESERVED_NETWORKS } from '../network-names.ts'
import type { RawContainer } from './schemas/containers.ts'
import type { RawNetwork } from './schemas/networks.ts'

/** The option of a bridge for the name of its interface. */
export const BRIDGE_NAME = 'com.docker.network.bridge.name'
const SHORT_ID = 12

export function mapNetwork(raw: RawNetwork): NetworkRecord {
  const { Id: id, Name: name } = raw
  const driver = raw.Driver ?? ''
  const attachable = raw.Attachable ?? false
  const isOfEngine = RESERVED_NETWORKS.includes(name) || raw.Ingress === true
  return {
    id,
    name,
    driver,
    scope: raw.Scope ?? 'local',
    createdAt: raw.Created ?? null,
    subnets: (raw.IPAM?.Config ?? []).flatMap(({ Subnet: subnet }) => (subnet ? [subnet] : [])),
    internal: raw.Internal ?? false,
    attachable,
    labels: raw.Labels ?? {},
    bridge: raw.Options?.[BRIDGE_NAME] ?? null,
    joinable: !isOfEngine && (driver === 'bridge' || (driver === 'overlay' && attachable))
  }
}

export function mapNetworks({
  Id: id,
  NetworkSettings: settings
}: Pick<RawContainer, 'Id' | 'NetworkSettings'>): NetworkPlace[] {
  return Object.entries(settings?.Networks ?? {})
    .filter(([name]) => name !== NO_NETWORK)
    .map(([name, place]) => ({
      name,
      address: place?.IPAddress || null,
      // Engines add the short id by themselves.
      aliases: (place?.Aliases ?? []).filter((alias) => alias !== id.slice(0, SHORT_ID))
    }))
}

/** The network that the container was made for. Podman writes down `bridge` for any. */
export function chosenNetwork(mode: string | null | undefined, places: NetworkPlace[]) {
  if (mode === NO_NETWORK) return { name: NO_NETWORK, aliases: [] }
  const own = places.filter(({ name }) => !RESERVED_NETWORKS.includes(name))
  const { name, aliases } = own.find((place) => place.name === mode) ?? own[0] ?? {}
  return name === undefined ? undefined : { name, aliases: aliases ?? [] }
}
