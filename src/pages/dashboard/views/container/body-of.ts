// The create that would recreate a container. The server never shows values of the environment, so they are empty.

import type { Container, CreateContainer } from '../../../../client/api.ts'

export function bodyOf({
  image,
  ports,
  env,
  labels,
  command,
  limits,
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
  if (restart !== 'no') body.restart = restart
  const named = volumes.map(({ source, target, read_only }) => ({ source, target, ...(read_only && { read_only }) }))
  if (named.length > 0) body.volumes = named
  const own = networks.find(({ name }) => name !== 'bridge')
  if (own) body.network = own.name
  return body
}
