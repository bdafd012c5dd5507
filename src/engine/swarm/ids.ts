// The id of a container, made of that of its service, so that every Berth gives it the same and it looks like any other.

import { createHash } from 'node:crypto'

const known = /^[0-9a-f]{64}$/

export function containerIdOf(serviceId: string): string {
  return createHash('sha256').update(serviceId).digest('hex')
}

/** The services whose ids were made. */
export function createServiceIds() {
  const services = new Map<string, string>()
  return {
    learn(serviceId: string): void {
      services.set(containerIdOf(serviceId), serviceId)
    },
    forget(serviceId: string): void {
      services.delete(containerIdOf(serviceId))
    },
    /** What Swarm finds it by; undefined for an id that no known service has. */
    referenceOf(id: string): string | undefined {
      return services.get(id) ?? (known.test(id) ? undefined : id)
    }
  }
}

export type ServiceIds = ReturnType<typeof createServiceIds>
