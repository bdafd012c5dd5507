// The create that would recreate a container. The server never shows values of the environment, so they are empty.

import type { Container, CreateContainer } from '../../../../client/api.ts'

/** The network that Berth gives every container of an owner that names none. */
const OWN = /^berth-[0-9a-f]{10}$/

export function bodyOf({
  image,
  ports,
  env,
  labels,
  command,
  limits,
  read_only: readOnly,
  restart,
  volumes,
  networks
}: Container): CreateContainer {
  const published = Object.keys(ports).map(Number.parseFloat)
  const body: CreateContainer = { image }
  if (published.length > 0) body.ports = [...new Set(published)].map((container_port) => ({ container_port }))
  if (env.length > 0) body.env = Object.fromEntries(env.map((name) => [name, '']))
  if (Object.keys(labels).length > 0) body.labels = labels
  if (command.length > 0) body.command = command
  if (limits.memory !== null) body.memory = limits.memory
  if (limits.cpus !== null) body.cpus = limits.cpus
  if (limits.storage_size !== null) body.storage_size = limits.storage_size
  if (limits.io_weight !== null) body.io_weight = limits.io_weight
  if (readOnly) body.read_only = true
  if (restart !== 'no') body.restart = restart
  const named = volumes.map(({ source, target, read_only }) => ({ source, target, ...(read_only && { read_only }) }))
  if (named.length > 0) body.volumes = named
  const own = networks.find(({ name }) => name !== 'bridge' && !OWN.test(name))
  if (own) body.network = own.name
  return body
}
