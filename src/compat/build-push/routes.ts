// The system that took a Dockerfile, built it and pushed it to Docker Hub: upload, status, retry.

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { BuildRecord, Stage } from '../../builds/record.ts'
import type { BuildFields } from '../../builds/schemas.ts'
import type { BuildService } from '../../builds/service.ts'
import { AppError, invalidField, isAppError } from '../../errors.ts'
import { answerWithMessage } from '../../http/errors.ts'
import { acceptForms, readForm } from '../../http/forms.ts'
import { ref } from '../../lib/schema.ts'
import { requireBuildId, requiredField, splitRegistry } from '../fields.ts'
import { BuildIdQuery, BuildPushForm, BuildPushStatus, BuildStarted } from '../schemas.ts'

const tags = ['compat']
const DOOR = 'build-push'

export const buildPushRoutes: FastifyPluginAsyncTypebox<{
  builds: BuildService
  namespace: string | undefined
}> = async (app, { builds, namespace }) => {
  await acceptForms(app)
  answerWithMessage(app)

  app.post(
    '/build-push',
    {
      config: { scope: 'builds:write' },
      validatorCompiler: () => () => true,
      schema: {
        operationId: 'compatBuildPush',
        tags,
        deprecated: true,
        summary: 'Build a Dockerfile and push the image',
        description:
          'Pushes the image to `DOCKERHUB_NAMESPACE`/`image_name`:`image_tag`, or to the registry in `image_name`, then removes it from this machine. Replaced by `POST /builds` with `push=true`.',
        consumes: ['multipart/form-data'],
        body: BuildPushForm,
        response: { 200: { description: 'The build was accepted.', ...ref(BuildStarted) } }
      }
    },
    async (request) => {
      const { id } = await builds.take({ caller: request.caller, door: DOOR }, async (receive) => {
        const { fields, file, filename } = await readForm(request, receive, ['file'])
        if (!file) throw invalidField('file', 'is missing')
        return { fields: fieldsOf(fields, namespace), filename }
      })
      return { status: 200 as const, message: 'Build started', build_id: id }
    }
  )

  app.get(
    '/build-push-status',
    {
      config: { scope: 'read' },
      schema: {
        operationId: 'compatBuildPushStatus',
        tags,
        deprecated: true,
        summary: 'Get the status of a build and its push',
        description: 'Replaced by `GET /builds/{id}`.',
        querystring: BuildIdQuery,
        response: { 200: { description: 'The status.', ...ref(BuildPushStatus) } }
      }
    },
    async ({ caller, query }) => ({
      status: 200 as const,
      build_status: statusOf(await builds.record(caller, requireBuildId(query.build_id)))
    })
  )

  // A GET, as in the old system, but web pages may not send it.
  app.get(
    '/retry-build',
    {
      config: { scope: 'builds:write', isChange: true },
      schema: {
        operationId: 'compatRetryBuild',
        tags,
        deprecated: true,
        summary: 'Retry a build',
        description:
          'Builds again if the build failed. If only the push failed, only pushes again. Replaced by `POST /builds/{id}/retry`.',
        querystring: BuildIdQuery,
        response: { 200: { description: 'The build was restarted.', ...ref(BuildStarted) } }
      }
    },
    async (request) => {
      const { id } = await builds
        .retry(request.caller, requireBuildId(request.query.build_id))
        .catch((error: unknown) => {
          throw isAppError(error, 'BUILD_NOT_FAILED') ? new AppError(error.code, 'Build and Push not failed') : error
        })
      return { status: 200 as const, message: 'Rebuild started', build_id: id }
    }
  )
}

function fieldsOf(fields: Record<string, unknown>, namespace: string | undefined): BuildFields {
  const { registry, path } = splitRegistry(requiredField(fields, 'image_name'))
  if (registry === undefined && namespace === undefined && !path.includes('/'))
    throw invalidField(
      'image_name',
      'has nowhere to go: DOCKERHUB_NAMESPACE is not set on this server. Name the registry, as in registry.example.com/team/web'
    )
  return {
    ...(registry !== undefined && { registry }),
    image_name: path,
    image_tag: [requiredField(fields, 'image_tag')],
    push: true,
    keep_image: false
  }
}

function statusOf({ id, build, push }: BuildRecord) {
  return {
    build_id: id,
    build_status: word(build),
    push_status: word(push),
    ...(build.reason !== null && { 'Build Fail Reason': build.reason }),
    ...(push.reason !== null && { 'Push Fail Reason': push.reason })
  }
}

function word({ status }: Stage) {
  if (status === 'in_progress') return 'In Progress' as const
  if (status === 'completed') return 'Completed' as const
  return status === 'pending' || status === 'skipped' ? ('Pending' as const) : ('Failed' as const)
}
