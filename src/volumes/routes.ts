import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { ref } from '../lib/schema.ts'
import { CreateVolume, RemovedVolume, Volume, VolumeParams } from './schemas.ts'
import type { VolumeService } from './service.ts'

const tags = ['volumes']
const read = { scope: 'read' } as const
const write = { scope: 'containers:write' } as const

export const volumeRoutes: FastifyPluginAsyncTypebox<{ volumes: VolumeService }> = async (app, { volumes }) => {
  app.get(
    '/volumes',
    {
      config: read,
      schema: {
        operationId: 'listVolumes',
        tags,
        summary: 'List volumes',
        description: 'Lists the volumes that the caller may see, with the containers that mount them.',
        response: { 200: Type.Array(ref(Volume), { description: 'All volumes, sorted by name.' }) }
      }
    },
    async ({ caller }) => volumes.list(caller)
  )

  app.post(
    '/volumes',
    {
      config: write,
      schema: {
        operationId: 'createVolume',
        tags,
        summary: 'Create a volume',
        description:
          'Its data outlives its containers: name it in `volumes` when you create one. A create makes a missing volume by itself. Names are unique; a duplicate returns 409.',
        body: ref(CreateVolume),
        response: { 201: ref(Volume) }
      }
    },
    async (request, reply) => {
      const volume = await volumes.create(request.caller, request.body)
      reply.header('location', `/volumes/${volume.name}`)
      return reply.code(201).send(volume)
    }
  )

  app.get(
    '/volumes/:name',
    {
      config: read,
      schema: {
        operationId: 'getVolume',
        tags,
        summary: 'Get a volume',
        description: 'Returns the volume with the containers that mount it.',
        params: VolumeParams,
        response: { 200: ref(Volume) }
      }
    },
    async (request) => volumes.get(request.caller, request.params.name)
  )

  app.delete(
    '/volumes/:name',
    {
      config: write,
      schema: {
        operationId: 'removeVolume',
        tags,
        summary: 'Remove a volume and its data',
        description: 'Removes only volumes that Berth created and that no container mounts.',
        params: VolumeParams,
        response: { 200: ref(RemovedVolume) }
      }
    },
    async (request) => volumes.remove(request.caller, request.params.name)
  )
}
