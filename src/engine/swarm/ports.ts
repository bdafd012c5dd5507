// A port of the Swarm belongs to whoever made the config that is named after it: names are the one thing that managers
// decide atomically, whichever of them is asked. The config names the service; without that service it is worth nothing.

import type { PortBinding } from '../contract/containers.ts'
import { AppError, isAppError } from '../../errors.ts'
import type { Calls } from '../docker/calls.ts'
import { Refusal } from '../docker/failures.ts'
import { readFacts, readPortHolder, writeFacts, writePortHolder } from '../labels.ts'
import type { Reads } from './reads.ts'
import { readConfigMade, readConfigs, type RawConfig } from './schemas/configs.ts'

export type Ports = ReturnType<typeof createPorts>
type Port = Pick<PortBinding, 'hostPort' | 'protocol'>
/** A service by its name; before it is there, two creates may mean to use one name. */
type Holder = { name: string; attempt?: string | null }

// Between its config and its service a create takes less.
const YOUNG_MS = 60_000
// A config has content; that of these is in their names and labels.
const CONTENT = Buffer.from('-').toString('base64')

export const configName = ({ hostPort, protocol }: Port): string => `berth-port-${protocol}-${hostPort}`

export function createPorts({ calls: { ask, change }, reads }: { calls: Calls; reads: Pick<Reads, 'service'> }) {
  async function find(name: string): Promise<RawConfig | undefined> {
    const query = { filters: { name: [name] } }
    const asked = { method: 'GET', path: '/configs', query, what: 'look for the port', answer: readConfigs } as const
    // The filter finds names that begin so, too.
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

  /** Whether nobody can hold the port by it: its service is gone or has other ports. */
  async function isLeftOver({ CreatedAt: createdAt, Spec: spec }: RawConfig): Promise<boolean> {
    const holder = readPortHolder(spec.Labels ?? {})
    const service = holder === undefined ? undefined : await reads.service(holder)
    const ports = service?.Spec.EndpointSpec?.Ports ?? []
    if (ports.some(({ PublishedPort: hostPort = 0, Protocol: protocol }) => nameOf(hostPort, protocol) === spec.Name))
      return false
    return Date.now() - Date.parse(createdAt) > YOUNG_MS
  }

  /** The id of the config that was made. A left-over one goes by its id, so of several who find it only one removes it. */
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
    /** All of them, or none. Holding again what one holds succeeds. Returns what gives back those that it took. */
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
