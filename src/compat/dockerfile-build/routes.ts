// The system that published a Dockerfile under a user's name: upload, list, look, remove.

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import type { Caller } from '../../access/caller.ts'
import type { BuildRecord } from '../../builds/record.ts'
import type { BuildFields } from '../../builds/schemas.ts'
import type { BuildService } from '../../builds/service.ts'
import { AppError, invalidField, isAppError } from '../../errors.ts'
import { answerWithMessage } from '../../http/errors.ts'
import { acceptForms, readForm } from '../../http/forms.ts'
import { ref } from '../../lib/schema.ts'
import { requireBuildId, requiredField, splitRegistry, textField } from '../fields.ts'
import { DockerfileBuild, DockerfileBuildForm, DockerfileBuildIdQuery, DockerfileBuildQuery } from '../schemas.ts'

const tags = ['compat']
const DOOR = 'dockerfile-build'
const PATH = '/api/dockerfile-build'

export const dockerfileBuildRoutes: FastifyPluginAsyncTypebox<{ builds: BuildService }> = async (app, { builds }) => {
  await acceptForms(app)
  answerWithMessage(app)
  // The route returns it in the wording of that system.
  app.addContentTypeParser('*', (_request, _body, done) => done(null))

  /** Builds submitted by other APIs do not belong to that system. */
  async function find(caller: Caller, id: string): Promise<BuildRecord> {
    const record = await builds.record(caller, requireBuildId(id))
    if (record.origin === DOOR) return record
    throw new AppError('BUILD_NOT_FOUND', `There is no dockerfile build ${id}.`)
  }

  app.post(
    PATH,
    {
      config: { scope: 'builds:write' },
      validatorCompiler: () => () => true,
      schema: {
        operationId: 'compatCreateDockerfileBuild',
        tags,
        deprecated: true,
        summary: 'Build a Dockerfile and publish the image',
        description: 'Replaced by `POST /builds` with `push=true`.',
        consumes: ['multipart/form-data'],
        body: DockerfileBuildForm,
        response: { 202: { description: 'The build was accepted.', ...Type.Object({ data: ref(DockerfileBuild) }) } }
      }
    },
    async (request, reply) => {
      if (!request.isMultipart())
        throw new AppError('INVALID_REQUEST', 'Content-Type is not valid. It must be multipart/form-data.')
      const taken = builds.take({ caller: request.caller, door: DOOR }, async (receive) => {
        const { fields, file, filename } = await readForm(request, receive, ['file'])
        if (!file) throw invalidField('file', 'is missing')
        const username = requiredField(fields, 'username')
        return { fields: fieldsOf(username, file.id, fields), username, filename }
      })
      const { id } = await taken.catch(fileIsNotValid)
      reply.code(202)
      return { data: view(await find(request.caller, id)) }
    }
  )

  app.get(
    PATH,
    {
      config: { scope: 'read' },
      schema: {
        operationId: 'compatListDockerfileBuilds',
        tags,
        deprecated: true,
        summary: 'List published Dockerfiles, or get one',
        description: 'Replaced by `GET /builds` and `GET /builds/{id}`.',
        querystring: DockerfileBuildQuery,
        response: {
          200: {
            description:
              'A list, newest first, or one build with `dockerfile_build_id`. `X-Next-Cursor` is present unless this is the last page.',
            ...Type.Object({ data: Type.Union([Type.Array(ref(DockerfileBuild)), ref(DockerfileBuild)]) })
          }
        }
      }
    },
    async (request, reply) => {
      const { dockerfile_build_id: id, ...page } = request.query
      if (id !== undefined) return { data: view(await find(request.caller, id)) }
      const { records, nextCursor } = await builds.records(request.caller, DOOR, page)
      if (nextCursor !== undefined) reply.header('x-next-cursor', nextCursor)
      return { data: records.map(view) }
    }
  )

  app.delete(
    PATH,
    {
      config: { scope: 'builds:write' },
      schema: {
        operationId: 'compatRemoveDockerfileBuild',
        tags,
        deprecated: true,
        summary: 'Remove a published Dockerfile, its record and its image',
        description: 'The image stays in the registry. Replaced by `DELETE /builds/{id}`.',
        querystring: DockerfileBuildIdQuery,
        response: {
          200: {
            description: 'The Dockerfile that was removed.',
            ...Type.Object({ message: Type.String(), data: ref(DockerfileBuild) })
          }
        }
      }
    },
    async (request) => {
      const data = view(await find(request.caller, request.query.dockerfile_build_id))
      await builds.remove(request.caller, data.id, { force: true })
      return { message: 'Dockerfile build deleted', data }
    }
  )
}

function fieldsOf(username: string, id: string, fields: Record<string, unknown>): BuildFields {
  const password = textField(fields, 'password') ?? textField(fields, 'docker_password')
  const repository = textField(fields, 'docker_repo') ?? `dockerfile-${id.slice(0, 8)}`
  const [, path = '', tag = 'latest'] = /^(.*?)(?::([^/:]+))?$/.exec(repository) ?? []
  const { registry, path: name } = splitRegistry(path)
  const isBare = registry === undefined && !name.includes('/')
  return {
    ...(registry !== undefined && { registry }),
    image_name: isBare ? `${username.toLowerCase()}/${name}` : name,
    image_tag: [tag],
    push: true,
    ...(password !== undefined && { registry_username: username, registry_password: password })
  }
}

function fileIsNotValid(error: unknown): never {
  if (!isAppError(error, 'INVALID_CONTEXT')) throw error
  throw new AppError('INVALID_CONTEXT', 'File is not valid', {
    fields: [{ field: 'file', message: error.message }],
    cause: error
  })
}

function view(record: BuildRecord) {
  const { id, username, filename, imageId } = record
  return { id, username, file: filename, status: statusOf(record), image_id: imageId }
}

function statusOf({ build, push }: BuildRecord): string {
  const reason = build.reason ?? push.reason
  if (reason !== null) return reason
  if (push.status === 'completed') return 'Docker Image is successfully pushed to Docker Hub.'
  return build.status === 'completed' ? 'Image successfully built. To be published.' : 'Build is starting'
}
