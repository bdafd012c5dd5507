// Changes of containers that exist.

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { ref } from '../lib/schema.ts'
import { exactForms } from './human-forms.ts'
import { ContainerParams, RemoveQuery, RenameContainer, StopQuery, UpdateContainer } from './request-schemas.ts'
import { ChangedContainer, RemovedContainer } from './schemas.ts'
import type { ContainerService } from './service.ts'

const tags = ['containers']

export const changeRoutes: FastifyPluginAsyncTypebox<{ containers: ContainerService }> = async (
  app,
  { containers }
) => {
  app.post(
    '/containers/:id/start',
    {
      config: { scope: 'containers:write' },
      schema: {
        operationId: 'startContainer',
        tags,
        summary: 'Start a container',
        description:
          'The container gets its previous port. If that port was taken in the meantime, Berth recreates the container on another port with the same name, settings, volumes and files. ' +
          '`changed_port` and `replaced` report this, and the old id still works.',
        params: ContainerParams,
        response: { 200: ref(ChangedContainer) }
      }
    },
    async (request) => containers.start(request.caller, request.params.id)
  )

  app.post(
    '/containers/:id/stop',
    {
      config: { scope: 'containers:write' },
      schema: {
        operationId: 'stopContainer',
        tags,
        summary: 'Stop a container',
        description:
          'Sends the stop signal, then kills after the timeout. Berth keeps its port as long as others are free.',
        params: ContainerParams,
        querystring: StopQuery,
        response: { 200: ref(ChangedContainer) }
      }
    },
    async (request) => containers.stop(request.caller, request.params.id, request.query.timeout)
  )

  app.post(
    '/containers/:id/restart',
    {
      config: { scope: 'containers:write' },
      schema: {
        operationId: 'restartContainer',
        tags,
        summary: 'Restart a container',
        description:
          'Sends the stop signal, then kills after the timeout, then starts it. It keeps its port if possible.',
        params: ContainerParams,
        querystring: StopQuery,
        response: { 200: ref(ChangedContainer) }
      }
    },
    async (request) => containers.restart(request.caller, request.params.id, request.query.timeout)
  )

  for (const [verb, operationId, summary, description] of [
    [
      'pause',
      'pauseContainer',
      'Pause a container',
      'Freezes all processes of the container. It keeps its memory and ports.'
    ],
    ['unpause', 'unpauseContainer', 'Unpause a container', 'Resumes the frozen processes of the container.']
  ] as const)
    app.post(
      `/containers/:id/${verb}`,
      {
        config: { scope: 'containers:write' },
        schema: {
          operationId,
          tags,
          summary,
          description,
          params: ContainerParams,
          response: { 200: ref(ChangedContainer) }
        }
      },
      async (request) => containers[verb](request.caller, request.params.id)
    )

  app.post(
    '/containers/:id/rename',
    {
      config: { scope: 'containers:write' },
      schema: {
        operationId: 'renameContainer',
        tags,
        summary: 'Rename a container',
        description: 'Only the name changes. Names are unique; a duplicate returns 409.',
        params: ContainerParams,
        body: ref(RenameContainer),
        response: { 200: ref(ChangedContainer) }
      }
    },
    async (request) => containers.rename(request.caller, request.params.id, request.body.name)
  )

  app.delete(
    '/containers/:id',
    {
      config: { scope: 'containers:write' },
      schema: {
        operationId: 'removeContainer',
        tags,
        summary: 'Remove a container',
        description: 'Also removes its anonymous volumes. A running container needs `force=true`.',
        params: ContainerParams,
        querystring: RemoveQuery,
        response: { 200: ref(RemovedContainer) }
      }
    },
    async (request) => containers.remove(request.caller, request.params.id, request.query.force ?? false)
  )

  app.patch(
    '/containers/:id',
    {
      config: { scope: 'containers:write' },
      schema: {
        operationId: 'updateContainer',
        tags,
        summary: 'Update a container',
        description:
          'Takes effect at once, even on a running container. `ttl_seconds` counts from now; null removes the end date. ' +
          'A new `image` or `env` recreates the container with the same name, ports, volumes and settings, and starts it if it was running. ' +
          '`replaced` is the old id, which still works. If that fails, Berth restores the old container.',
        params: ContainerParams,
        body: ref(UpdateContainer),
        response: { 200: ref(ChangedContainer) }
      },
      preValidation: async (request) => {
        request.body = exactForms(request.body) as UpdateContainer
      }
    },
    async (request) => containers.update(request.caller, request.params.id, request.body)
  )
}
