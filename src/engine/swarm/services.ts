// Changes of services. An update names the version that it changes, and retries after a conflict.

import { AppError, isAppError } from '../../errors.ts'
import type { Calls } from '../docker/calls.ts'
import type { Reads } from './reads.ts'
import type { RawService, RawServiceSpec } from './schemas/services.ts'

export type Services = ReturnType<typeof createServices>

/** Returns the new spec, or undefined to change nothing. */
type Change = (spec: RawServiceSpec, service: RawService) => RawServiceSpec | undefined

const MAX_TRIES = 8

export function createServices({ calls: { change }, reads }: { calls: Calls; reads: Pick<Reads, 'service'> }) {
  async function send(
    { ID: id, Version: version }: RawService,
    body: RawServiceSpec,
    signal?: AbortSignal
  ): Promise<void> {
    const path = `/services/${id}/update`
    const query = { version: version.Index }
    await change({ method: 'POST', path, query, body, what: 'change the service', queueSignal: signal })
  }

  return {
    /** Resolves with whether it changed. */
    async update(first: RawService, changeOf: Change, signal?: AbortSignal): Promise<boolean> {
      let service = first
      for (let tries = 1; ; tries++) {
        const spec = changeOf(service.Spec, service)
        if (!spec) return false
        try {
          await send(service, spec, signal)
          return true
        } catch (error) {
          if (!isAppError(error, 'CONTAINER_BUSY') || tries === MAX_TRIES) throw error
        }
        const latest = await reads.service(service.ID)
        if (!latest) throw notThere(service.Spec.Name)
        service = latest
      }
    }
  }
}

export function withReplicas(spec: RawServiceSpec, replicas: number): RawServiceSpec {
  return { ...spec, Mode: { Replicated: { Replicas: replicas } } }
}

/** Forces a new task although nothing else changed. */
export function withNewTask(spec: RawServiceSpec): RawServiceSpec {
  const { TaskTemplate: template } = spec
  return { ...spec, TaskTemplate: { ...template, ForceUpdate: (template.ForceUpdate ?? 0) + 1 } }
}

export function notThere(reference: string): AppError {
  return new AppError('CONTAINER_NOT_FOUND', `There is no service with the id or name "${reference}".`)
}
