import { Type, type Static } from '@sinclair/typebox'
import type { Caller } from '../access/caller.ts'
import type { Missed } from '../lib/channel.ts'
import { follow, type Step } from '../lib/follow.ts'
import { formed } from '../lib/schema.ts'
import { viewProgress } from '../lib/transfer-progress.ts'
import { streaming, unary, type DockerMethods } from '../rpc/methods.ts'
import { ImageParams, ListImagesQuery, PullImage, PushImage, RemoveImageQuery, TagImage } from './schemas.ts'
import type { ImageService, TransferRequest } from './service.ts'

const PushRequest = Type.Composite([
  PushImage,
  Type.Object({
    registry: Type.Optional(
      formed('^[^/\\s]+$', 'must be a host, with its port if it has one, such as registry.example.com:5000', {
        maxLength: 255
      })
    )
  })
])

export function imageRpc({ images }: { images: ImageService }) {
  async function push(
    caller: Caller,
    { image, registry, credentials }: Static<typeof PushRequest>,
    transfer: TransferRequest
  ) {
    const name = registry === undefined ? image : `${registry}/${image}`
    // A name added for a refused push would stay.
    images.checkPush(name, credentials)
    const isNew = registry !== undefined && !(await images.exists(name))
    if (registry !== undefined) await images.tag(caller, image, name)
    try {
      return { success: true, ...(await images.push(caller, name, { ...transfer, credentials })) }
    } finally {
      if (isNew) await images.untag(name)
    }
  }

  return {
    listDockerImages: unary({
      operation: 'listImages',
      scope: 'read',
      request: ListImagesQuery,
      call: async (query, { caller }) => {
        const { images: page, total, nextCursor } = await images.list(caller, query)
        return { images: page, total, ...(nextCursor !== undefined && { next_cursor: nextCursor }) }
      }
    }),

    inspectDockerImage: unary({
      operation: 'getImage',
      scope: 'read',
      request: ImageParams,
      call: async ({ reference }, { caller }) => ({ image: await images.get(caller, reference) })
    }),

    pullDockerImage: unary({
      operation: 'pullImage',
      scope: 'images:write',
      request: PullImage,
      call: async ({ image, credentials }, { signal, caller }) => {
        images.checkName(image)
        return { image: await images.pull(caller, image, { signal, credentials }) }
      }
    }),

    streamDockerPull: streaming({
      operation: 'pullImage',
      scope: 'images:write',
      request: PullImage,
      call: ({ image, credentials }, { signal, caller }) => {
        images.checkName(image)
        const pull = (onProgress: (progress: Progress) => void) =>
          images.pull(caller, image, { signal, credentials, onProgress })
        return messages(follow(pull, signal))
      }
    }),

    pushDockerImage: unary({
      operation: 'pushImage',
      scope: 'images:write',
      request: PushRequest,
      call: (request, { signal, caller }) => push(caller, request, { signal })
    }),

    streamDockerPush: streaming({
      operation: 'pushImage',
      scope: 'images:write',
      request: PushRequest,
      call: (request, { signal, caller }) => {
        return messages(follow((onProgress) => push(caller, request, { signal, onProgress }), signal))
      }
    }),

    tagDockerImage: unary({
      operation: 'tagImage',
      scope: 'images:write',
      request: TagImage,
      call: async ({ image, target }, { caller }) => ({ image: await images.tag(caller, image, target) })
    }),

    removeDockerImage: unary({
      operation: 'removeImage',
      scope: 'images:write',
      request: Type.Composite([ImageParams, RemoveImageQuery]),
      call: async ({ reference, force = false }, { caller }) => ({
        success: true,
        ...(await images.remove(caller, reference, { force }))
      })
    })
  } satisfies Partial<DockerMethods>
}

type Progress = Parameters<typeof viewProgress>[0]

async function* messages(steps: AsyncIterable<Step<Progress, object> | Missed>): AsyncGenerator<object> {
  for await (const step of steps) yield 'progress' in step ? { progress: viewProgress(step.progress) } : step
}
