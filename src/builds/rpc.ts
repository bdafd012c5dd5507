import { Readable } from 'node:stream'
import { Type, type Static } from '@sinclair/typebox'
import { cancellation, invalidField, isAppError } from '../errors.ts'
import { streaming, unary, type Call, type DockerMethods } from '../rpc/methods.ts'
import type { BuildRoots } from './context/roots.ts'
import {
  BuildFields,
  BuildParams,
  ListBuildsQuery,
  RemoveBuildQuery,
  RetryBuild,
  type BuildDetails
} from './schemas.ts'
import type { BuildService } from './service.ts'

const CONTEXT_BYTES = 32 * 1024 ** 2

const BuildRequest = Type.Composite([
  BuildFields,
  Type.Object({
    dockerfile_text: Type.Optional(Type.String()),
    dockerfile_path: Type.Optional(Type.String({ maxLength: 4096 })),
    context: Type.Optional(Type.Unsafe<Uint8Array>({ description: 'Bytes, as the message has them.' }))
  })
])
type BuildRequest = Static<typeof BuildRequest>
const LogsRequest = Type.Composite([
  BuildParams,
  Type.Object({
    follow: Type.Optional(Type.Boolean()),
    offset: Type.Optional(Type.Integer({ minimum: 0 }))
  })
])

export function buildRpc({ builds, buildRoots }: { builds: BuildService; buildRoots: BuildRoots }) {
  async function sourceOf({ dockerfile_text: text, dockerfile_path: path, context }: BuildRequest) {
    if (path !== undefined) return buildRoots.open(path)
    const content = text === undefined ? context : Buffer.from(text)
    if (content) return { context: Readable.from([content]), dockerfile: undefined }
    throw invalidField('source', 'is missing: send dockerfile_text or context, or name a dockerfile_path')
  }

  async function submit(request: BuildRequest, { caller }: Call) {
    const { context, dockerfile } = await sourceOf(request)
    const { dockerfile_text: _text, dockerfile_path: _path, context: _context, ...given } = request
    const fields = { ...(dockerfile !== undefined && { dockerfile }), ...given }
    return builds.take({ caller, door: 'grpc' }, async (receive) => {
      await receive(context)
      return { fields }
    })
  }

  /**
   * A build that its caller waits for. It is cancelled when the caller disconnects. If the server stops, it continues
   * after the next start.
   */
  async function* attended(request: BuildRequest, call: Call) {
    const { signal } = call
    const build = await submit(request, call)
    const abandon = () => {
      if (isAppError(signal.reason, 'REQUEST_CANCELLED')) builds.cancel(call.caller, build.id).catch(() => {})
    }
    if (signal.aborted) abandon()
    signal.addEventListener('abort', abandon)
    try {
      yield { build }
      const lines = await builds.logs(call.caller, build.id, { offset: 0, follow: true }, signal)
      for await (const { text } of lines) yield { line: text }
      if (!signal.aborted) yield { result: outcome(await builds.get(call.caller, build.id)) }
    } finally {
      if (!signal.aborted) signal.removeEventListener('abort', abandon)
    }
  }

  return {
    buildDockerImage: unary({
      operation: 'createBuild',
      scope: 'builds:write',
      request: BuildRequest,
      messageBytes: CONTEXT_BYTES,
      call: async (request, call) => {
        for await (const { result } of attended(request, call)) if (result) return result
        throw cancellation(call.signal)
      }
    }),

    streamDockerBuild: streaming({
      operation: 'createBuild',
      scope: 'builds:write',
      request: BuildRequest,
      messageBytes: CONTEXT_BYTES,
      call: attended
    }),

    submitDockerBuild: unary({
      operation: 'createBuild',
      scope: 'builds:write',
      request: BuildRequest,
      messageBytes: CONTEXT_BYTES,
      call: async (request, call) => ({ build: await submit(request, call) })
    }),

    listDockerBuilds: unary({
      operation: 'listBuilds',
      scope: 'read',
      request: ListBuildsQuery,
      call: async (query, { caller }) => {
        const { builds: page, nextCursor } = await builds.list(caller, query)
        const list = page.map(({ place, build }) => ({ queue_position: place, ...build }))
        return { builds: list, ...(nextCursor !== undefined && { next_cursor: nextCursor }) }
      }
    }),

    getDockerBuild: unary({
      operation: 'getBuild',
      scope: 'read',
      request: BuildParams,
      call: async ({ id }, { caller }) => ({ build: await builds.get(caller, id) })
    }),

    streamDockerBuildLogs: streaming({
      operation: 'getBuildLogs',
      scope: 'read',
      request: LogsRequest,
      call: async function* ({ id, follow = false, offset: from = 0 }, { caller, signal }) {
        const lines = await builds.logs(caller, id, { offset: from, follow }, signal)
        for await (const { text, offset } of lines) yield { line: text, offset }
      }
    }),

    retryDockerBuild: unary({
      operation: 'retryBuild',
      scope: 'builds:write',
      request: Type.Composite([BuildParams, RetryBuild]),
      call: async ({ id, ...given }, { caller }) => ({ build: await builds.retry(caller, id, given) })
    }),

    cancelDockerBuild: unary({
      operation: 'cancelBuild',
      scope: 'builds:write',
      request: BuildParams,
      call: async ({ id }, { caller }) => ({ build: await builds.cancel(caller, id) })
    }),

    removeDockerBuild: unary({
      operation: 'removeBuild',
      scope: 'builds:write',
      request: Type.Composite([BuildParams, RemoveBuildQuery]),
      call: async ({ id, ...query }, { caller }) => ({ success: true, ...(await builds.remove(caller, id, query)) })
    })
  } satisfies Partial<DockerMethods>
}

/** A build that failed is an outcome, not a failed call. */
function outcome(details: BuildDetails) {
  const { status, build, push, run, references } = details
  const failed = [build, push, run].find((stage) => stage.status === 'failed')
  const message =
    failed?.reason ?? (status === 'completed' ? `Built ${references.join(', ')}` : `The build is ${status}`)
  return { success: status === 'completed', message, build: details }
}
