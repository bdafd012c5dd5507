// The id of a container, derived from its service's id, so every Berth computes the same one in the usual form.

import { createHash } from 'node:crypto'

const known = /^[0-9a-f]{64}$/

export function containerIdOf(serviceId: string): string {
  return createHash('sha256').update(serviceId).digest('hex')
}

/** Services by the ids that were derived from theirs. */
export function createServiceIds() {
  const services = new Map<string, string>()
  return {
    learn(serviceId: string): void {
      services.set(containerIdOf(serviceId), serviceId)
    },
    forget(serviceId: string): void {
      services.delete(containerIdOf(serviceId))
    },
    /** The reference for Swarm. Undefined if no known service has the id. */
    referenceOf(id: string): string | undefined {
      return services.get(id) ?? (known.test(id) ? undefined : id)
    }
  }
}

export type ServiceIds = ReturnType<typeof createServiceIds>
