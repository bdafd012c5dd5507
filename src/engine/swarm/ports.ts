// A port of the Swarm belongs to the creator of the config that is named after it: managers decide only about names
// atomically. The config names the service, and without that service it holds nothing.

import type { PortBinding } from '../contract/containers.ts'
import { AppError, isAppError } from '../../errors.ts'
import type { Calls } from '../docker/calls.ts'
import { Refusal } from '../docker/failures.ts'
import { readFacts, readPortHolder, writeFacts, writePortHolder } from '../labels.ts'
import type { Reads } from './reads.ts'
import { readConfigMade, readConfigs, type RawConfig } from './schemas/configs.ts'

export type Ports = ReturnType<typeof createPorts>
type Port = Pick<PortBinding, 'hostPort' | 'protocol'>
/** A service by its name. Before it exists, two creates may intend to use the same name. */
type Holder = { name: string; attempt?: string | null }

// A create takes less time between its config and its service.
const YOUNG_MS = 60_000
// A config must have content. Here, only names and labels matter.
const CONTENT = Buffer.from('-').toString('base64')

export const configName = ({ hostPort, protocol }: Port): string => `berth-port-${protocol}-${hostPort}`

export function createPorts({ calls: { ask, change }, reads }: { calls: Calls; reads: Pick<Reads, 'service'> }) {
  async function find(name: string): Promise<RawConfig | undefined> {
    const query = { filters: { name: [name] } }
    const asked = { method: 'GET', path: '/configs', query, what: 'look for the port', answer: readConfigs } as const
    // The filter also matches longer names with this prefix.
    return (await ask(asked)).find(({ Spec: spec }) => spec.Name === name)
  }

  async function remove(id: string): Promise<void> {
    try {
      await change({ method: 'DELETE', path: `/configs/${id}`, what: 'release the port' })
    } catch (error) {
      if (!isGone(error)) throw error
    }
  }

  async function make(port: Port, { name, attempt = null }: Holder): Promise<string> {
    const labels = { ...writePortHolder(name), ...writeFacts({ attempt }) }
    const body = { Name: configName(port), Labels: labels, Data: CONTENT }
    const asked = {
      method: 'POST',
      path: '/configs/create',
      body,
      what: 'reserve the port',
      answer: readConfigMade
    } as const
    return (await change(asked)).ID
  }

  /** Whether the config is a leftover: its service is gone or has other ports. */
  async function isLeftOver({ CreatedAt: createdAt, Spec: spec }: RawConfig): Promise<boolean> {
    const holder = readPortHolder(spec.Labels ?? {})
    const service = holder === undefined ? undefined : await reads.service(holder)
    const ports = service?.Spec.EndpointSpec?.Ports ?? []
    if (ports.some(({ PublishedPort: hostPort = 0, Protocol: protocol }) => nameOf(hostPort, protocol) === spec.Name))
      return false
    return Date.now() - Date.parse(createdAt) > YOUNG_MS
  }

  /** The id of the new config. Removes a leftover by its id, so only one of several finders succeeds. */
  async function hold(port: Port, holder: Holder): Promise<string | undefined> {
    try {
      return await make(port, holder)
    } catch (error) {
      if (!isAppError(error, 'PORT_UNAVAILABLE')) throw error
      const config = await find(configName(port))
      if (config && isOf(config, holder)) return undefined
      if (config && !(await isLeftOver(config))) throw taken(port, error)
      if (config) await remove(config.ID)
      return make(port, holder)
    }
  }

  return {
    /** Holds all of them or none. Idempotent. Returns a function that releases the new ones. */
    async hold(ports: readonly Port[], holder: Holder): Promise<() => Promise<void>> {
      const made: string[] = []
      const giveBack = async () => {
        for (const id of made) await remove(id)
      }
      try {
        for (const port of ports) {
          const id = await hold(port, holder)
          if (id !== undefined) made.push(id)
        }
        return giveBack
      } catch (error) {
        await giveBack().catch(() => {})
        throw error
      }
    },

    async release(ports: readonly Port[], name: string): Promise<void> {
      for (const port of ports) {
        const config = await find(configName(port))
        if (config && isOf(config, { name })) await remove(config.ID)
      }
    }
  }
}

function isOf({ Spec: { Labels: labels } }: RawConfig, { name, attempt }: Holder): boolean {
  const isNamed = readPortHolder(labels ?? {}) === name
  return isNamed && (attempt === undefined || readFacts(labels ?? {}).attempt === attempt)
}

function nameOf(hostPort: number | null, protocol: string | null | undefined): string {
  return configName({ hostPort: hostPort ?? 0, protocol: protocol === 'udp' ? 'udp' : 'tcp' })
}

function taken({ hostPort: port }: Port, cause: unknown): AppError {
  return new AppError('PORT_UNAVAILABLE', `Port ${port} is taken: another container of the Swarm has it.`, {
    facts: { port },
    cause
  })
}

function isGone(error: unknown): boolean {
  return error instanceof AppError && error.cause instanceof Refusal && error.cause.statusCode === 404
}
