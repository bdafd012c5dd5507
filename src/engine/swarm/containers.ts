// Containers as services of one replica: list, inspect, create, start, stop, change, remove.

import type { ContainerRecord, ContainerSpec, EngineContainers } from '../contract/containers.ts'
import type { EngineImages } from '../contract/images.ts'
import { AppError, isAppError } from '../../errors.ts'
import { unlessGone, type Calls } from '../docker/calls.ts'
import { imageInspection } from '../docker/images.ts'
import { registryAuth } from '../docker/registry-auth.ts'
import { withoutImage } from '../docker/spec-without-image.ts'
import { readFacts, readKept, withKept } from '../labels.ts'
import { checkCan, warningsOf } from './abilities.ts'
import type { Awaiting } from './awaiting.ts'
import { containerIdOf, type ServiceIds } from './ids.ts'
import type { Life } from './life.ts'
import { mapService, replicasOf, runOfService, specOf, type Cluster } from './map-service.ts'
import { limitsPayload, restartPayload, servicePayload, type PublishMode } from './payload.ts'
import { configName, type Ports } from './ports.ts'
import type { Reads } from './reads.ts'
import { readServiceMade, type RawService, type RawServiceSpec } from './schemas/services.ts'
import { portsOf } from './service-values.ts'
import { notThere, withNewTask, withReplicas, type Services } from './services.ts'
import type { Run } from './task-state.ts'
import type { Tell } from './watch.ts'

const RUNS = new Set(['running', 'paused', 'restarting'])
const REMOVAL_MS = 15_000

type Options = {
  calls: Calls
  reads: Reads
  services: Services
  ports: Ports
  life: Life
  awaiting: Awaiting
  ids: ServiceIds
  images: Pick<EngineImages, 'inspectImage'>
  publishMode: PublishMode
  tell: Tell
}

export function createContainerCalls(options: Options): EngineContainers {
  const { calls, reads, services, ports, life, awaiting, ids, images, publishMode, tell } = options

  async function need(id: string, signal?: AbortSignal): Promise<RawService> {
    const service = await reads.find(id, signal)
    if (!service) throw notThere(id)
    return service
  }

  async function recordOf(service: RawService, cluster: Cluster): Promise<ContainerRecord> {
    return mapService(service, await reads.tasksOf(service.ID), cluster)
  }

  async function send(name: string, spec: ContainerSpec, image: string, signal?: AbortSignal): Promise<string> {
    const body = servicePayload(name, spec, { image, publishMode, replicas: 0 })
    const { registryLogin: login } = spec
    const headers = login && registryAuth(image, login)
    const asked = { method: 'POST', path: '/services/create', body, headers, what: 'create the service' } as const
    return (await calls.make({ ...asked, answer: readServiceMade, queueSignal: signal })).ID
  }

  async function imageFor(name: string): Promise<string> {
    const found = await images.inspectImage(name)
    if (!found) throw new AppError('IMAGE_NOT_FOUND', `The manager has no image ${name}.`)
    return pinned(name, found.digests)
  }

  /** A change of the task creates another, and ends when that one runs. An ended task stays ended. */
  async function change(
    id: string,
    change: (service: RawService) => RawServiceSpec,
    signal?: AbortSignal
  ): Promise<void> {
    const service = await need(id)
    const run = await life.runOf(service)
    const isOn = run.state === 'running' || run.state === 'restarting'
    if (isOn && replicasOf(service.Spec) > 0)
      await life.changeTask(service, (_spec, latest) => withNewTask(change(latest)), signal)
    else await services.update(service, (_spec, latest) => withReplicas(keepingEnd(change(latest), run), 0))
    tell('update', id)
  }

  return {
    async listContainers(filter) {
      const [found, tasks, nodes] = await Promise.all([
        reads.services(filter?.label),
        reads.tasks({}),
        reads.nodes.get()
      ])
      const byService = Map.groupBy(tasks, ({ ServiceID: id }) => id ?? '')
      return found.map((service) => {
        const { state, health } = runOfService(service, byService.get(service.ID) ?? [], nodes)
        return { id: containerIdOf(service.ID), name: service.Spec.Name, state, health }
      })
    },

    async inspectContainer(id, signal) {
      const service = await reads.find(id, signal)
      return service && recordOf(service, await reads.cluster(service))
    },

    async containerSpec(id, { without } = {}) {
      const service = await need(id)
      const spec = specOf(service, await reads.cluster(service))
      return without === undefined ? spec : withoutImage(spec, await calls.ask(imageInspection(without)))
    },

    async createContainer(name, spec, signal) {
      checkCan(spec)
      const image = await imageFor(spec.image)
      const giveBack = await ports.hold(spec.ports, { name, attempt: readFacts(spec.labels).attempt })
      try {
        const serviceId = await send(name, spec, image, signal)
        ids.learn(serviceId)
        const id = containerIdOf(serviceId)
        const made = await reads.service(serviceId)
        tell('create', id)
        return { id, warnings: warningsOf(spec, { image, made }) }
      } catch (error) {
        // Swarm may carry out a change without an answer. Then the ports are in use.
        if (isAppError(error, 'CONTAINER_NAME_TAKEN', 'INVALID_REQUEST', 'NETWORK_NOT_FOUND', 'ENGINE_BUSY'))
          await giveBack().catch(() => {})
        throw error
      }
    },

    async startContainer(id, signal) {
      await life.start(await need(id, signal), signal)
      tell('start', id)
    },

    async stopContainer(id, timeoutSeconds, signal) {
      await life.stop(await need(id), timeoutSeconds, signal)
      tell('die', id)
    },

    async removeContainer(id, { force }) {
      const service = await reads.find(id)
      if (!service) return false
      const run = await life.runOf(service)
      if (!force && RUNS.has(run.state))
        throw new AppError(
          'CONTAINER_RUNNING',
          `The container ${service.Spec.Name} is ${run.state}. Stop it first, or use force.`
        )
      const left = await reads.tasksOf(service.ID)
      const removal = calls.change({ method: 'DELETE', path: `/services/${service.ID}`, what: 'remove the service' })
      const wasThere = await unlessGone(
        'CONTAINER_NOT_FOUND',
        removal.then(() => true)
      )
      ids.forget(service.ID)
      tell('destroy', id)
      await awaiting.gone(left, REMOVAL_MS)
      await ports.release(portsOf(service), service.Spec.Name)
      return wasThere ?? false
    },

    async updateContainer(id, { restart, ...limits }) {
      await change(id, ({ Spec: spec }) => {
        const { TaskTemplate: template } = spec
        const { Resources: resources } = template
        return {
          ...spec,
          ...(restart && { Labels: withKept(spec.Labels ?? {}, { restart }) }),
          TaskTemplate: {
            ...template,
            ...(restart && { RestartPolicy: restartPayload(restart) }),
            Resources: { ...resources, Limits: { ...resources?.Limits, ...limitsPayload(limits) } }
          }
        }
      })
    },

    async remakeContainer(id, spec, signal) {
      checkCan(spec)
      const [before, cluster] = await Promise.all([need(id), reads.cluster()])
      const { Name: name, TaskTemplate: template } = before.Spec
      const { Image: current } = template.ContainerSpec
      const isSameImage = spec.image === (cluster.imageIdOf(current) ?? current)
      const image = isSameImage ? current : await imageFor(spec.image)
      const giveBack = await ports.hold(spec.ports, { name })
      try {
        await change(
          id,
          ({
            Spec: {
              Labels: labels,
              Mode: mode,
              TaskTemplate: { ForceUpdate: force }
            }
          }) => {
            const next = servicePayload(name, spec, { image, publishMode, replicas: 0 })
            const kept = { ...readKept(labels ?? {}), restart: spec.restart }
            return {
              ...next,
              Mode: mode,
              Labels: withKept(next.Labels, kept),
              TaskTemplate: { ...next.TaskTemplate, ForceUpdate: force ?? 0 }
            }
          },
          signal
        )
      } catch (error) {
        await services.update(
          before,
          (
            _spec,
            {
              Spec: {
                TaskTemplate: { ForceUpdate: force }
              }
            }
          ) => withNewTask({ ...before.Spec, TaskTemplate: { ...template, ForceUpdate: force ?? 0 } })
        )
        await giveBack().catch(() => {})
        throw error
      }
      const keeps = new Set(spec.ports.map(configName))
      await ports.release(
        portsOf(before).filter((port) => !keeps.has(configName(port))),
        name
      )
    },

    renameContainer: async (id) => {
      await need(id)
      throw cannot('rename a service')
    },
    pauseContainer: async (id) => {
      await need(id)
      throw cannot('pause a service')
    },
    unpauseContainer: async (id) => {
      await need(id)
      throw cannot('pause a service')
    },
    commitContainer: async () => {
      throw cannot('make an image of a task')
    }
  }
}

function cannot(what: string): AppError {
  return new AppError('ENGINE_UNSUPPORTED', `Docker Swarm cannot ${what}.`)
}

/** Pins the digest, so other nodes run exactly this node's image, if a registry has it. */
function pinned(image: string, digests: readonly string[]): string {
  if (image.includes('@') || image.startsWith('sha256:')) return image
  const repository = image.replace(/:[^/:]+$/, '')
  const digest = digests.find((each) => each.startsWith(`${repository}@`))
  return digest === undefined ? image : `${image}${digest.slice(repository.length)}`
}

function keepingEnd(spec: RawServiceSpec, run: Run): RawServiceSpec {
  const labels = spec.Labels ?? {}
  if (run.state !== 'exited' || readKept(labels).finishedAt !== null) return spec
  const { exitCode, finishedAt } = run
  return { ...spec, Labels: withKept(labels, { exitCode: exitCode === null ? null : String(exitCode), finishedAt }) }
}
