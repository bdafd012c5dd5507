// Start, stop and restart elsewhere: scales a service, and reads the outcome from its tasks.

import { isAppError } from '../../errors.ts'
import { readKept, withKept } from '../labels.ts'
import type { Awaiting } from './awaiting.ts'
import { replicasOf, runOfService } from './map-service.ts'
import type { OnNodes } from './on-nodes.ts'
import type { Ports } from './ports.ts'
import type { Reads } from './reads.ts'
import type { RawService, RawServiceSpec } from './schemas/services.ts'
import { graceSecondsOf, portsOf } from './service-values.ts'
import type { RawTask } from './schemas/tasks.ts'
import { withNewTask, withReplicas, type Services } from './services.ts'
import { newestFirst, type Run } from './task-state.ts'

export type Life = ReturnType<typeof createLife>

type Options = {
  reads: Reads
  services: Services
  ports: Ports
  onNodes: OnNodes
  awaiting: Awaiting
  changeTimeoutMs: number
}

export function createLife({ reads, services, ports, onNodes, awaiting, changeTimeoutMs }: Options) {
  async function runOf(service: RawService): Promise<Run> {
    const [tasks, nodes] = await Promise.all([reads.tasksOf(service.ID), reads.nodes.get()])
    return runOfService(service, tasks, nodes)
  }

  const bringBack = (service: RawService): Promise<boolean> =>
    services.update(service, (spec) => (replicasOf(spec) > 0 ? withNewTask(spec) : undefined))

  async function scaleDown(service: RawService, { startedAt }: Pick<Run, 'startedAt'>): Promise<void> {
    await services.update(service, (spec) => {
      const labels = withKept(spec.Labels ?? {}, { startedAt, finishedAt: new Date().toISOString(), exitCode: null })
      return { ...withReplicas(spec, 0), Labels: labels }
    })
  }

  /** Swarm forgets the tasks of a service without replicas, including their exit. */
  async function keepEnd({ ID: id }: RawService, ended: RawTask | undefined): Promise<void> {
    const { ExitCode: code } = ended?.Status.ContainerStatus ?? {}
    const service = await reads.service(id)
    if (!service || !ended || typeof code !== 'number' || code < 0) return
    await services.update(service, (spec) => {
      if (replicasOf(spec) > 0) return undefined
      const finishedAt = ended.Status.Timestamp ?? readKept(spec.Labels ?? {}).finishedAt
      return { ...spec, Labels: withKept(spec.Labels ?? {}, { exitCode: String(code), finishedAt }) }
    })
  }

  async function changeTask(
    service: RawService,
    changeOf: (spec: RawServiceSpec, service: RawService) => RawServiceSpec,
    signal?: AbortSignal
  ): Promise<void> {
    await awaiting.cleared(service.ID)
    const before = new Set((await reads.tasksOf(service.ID)).map(({ ID: id }) => id))
    await services.update(service, changeOf, signal)
    const nudge = async () => {
      const latest = await reads.service(service.ID)
      if (latest) await bringBack(latest)
    }
    await awaiting.begun(service, { before, nudge, signal })
  }

  return {
    runOf,

    /** Replaces the task. Returns when the new one runs. */
    changeTask,

    /** Leaves nothing running after a failed start. */
    async start(service: RawService, signal?: AbortSignal): Promise<void> {
      const run = await runOf(service)
      if (run.state === 'running') return
      await ports.hold(portsOf(service), { name: service.Spec.Name })
      try {
        await changeTask(service, toBegin, signal)
      } catch (error) {
        if (isAppError(error, 'CONTAINER_NOT_FOUND')) throw error
        await services.update(service, (spec) => withReplicas(spec, 0)).catch(() => {})
        throw error
      }
    },

    /** Aborting the signal ends the wait, not the stop. */
    async stop(service: RawService, timeoutSeconds: number, signal?: AbortSignal): Promise<void> {
      const run = await runOf(service)
      const isOn = run.state === 'running' || replicasOf(service.Spec) > 0
      if (!isOn || run.state === 'exited') return
      await scaleDown(service, run)
      const graceSeconds = graceSecondsOf(service)
      if (run.task && timeoutSeconds < graceSeconds) await onNodes.hurry(run.task, timeoutSeconds)
      const ended = awaiting.ended(service.ID, changeTimeoutMs + graceSeconds * 1000)
      const tasks = await (signal ? Promise.race([ended, aborted(signal)]) : ended)
      await keepEnd(
        service,
        newestFirst(tasks).find(({ ID: id }) => id === run.task?.ID)
      )
    },

    /** Restarts a workload that a lost node or a drain ended, under any restart policy. */
    bringBack
  }
}

function toBegin(spec: RawServiceSpec): RawServiceSpec {
  const again = replicasOf(spec) > 0 ? withNewTask(spec) : withReplicas(spec, 1)
  return { ...again, Labels: withKept(spec.Labels ?? {}, { exitCode: null, startedAt: null, finishedAt: null }) }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const abort = () => reject(signal.reason instanceof Error ? signal.reason : new Error('The wait was aborted.'))
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
  })
}
