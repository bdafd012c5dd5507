import { Type } from '@sinclair/typebox'
import { cutText } from './cut.ts'
import { filesField, tarOf } from './files.ts'
import { only, tool } from './tool.ts'

const LOOK_MS = 250

export const buildTool = tool({
  name: 'build_image',
  title: 'Build an image',
  description:
    'Build an image from files, one of which is the Dockerfile. Answers when it is built, with the end of its log.',
  input: only({
    image: Type.String({ description: 'Name without a tag, such as team/web.' }),
    tag: Type.Optional(Type.String()),
    files: filesField
  }),
  effect: 'adds',
  async run(berth, { image, tag, files }, signal) {
    const form = {
      image_name: image,
      ...(tag !== undefined && { image_tag: [tag] }),
      file: new Blob([await tarOf(files)])
    }
    const { id } = await berth.createBuild({ form }, { signal })
    let build = await berth.getBuild({ id }, { signal })
    while (build.finished_at === null) {
      signal.throwIfAborted()
      await new Promise((later) => setTimeout(later, LOOK_MS))
      build = await berth.getBuild({ id }, { signal })
    }
    const log = await berth.getBuildLogs({ id }, { signal, headers: { accept: 'text/plain' } })
    return { id, status: build.status, references: build.references, reason: build.build.reason, log: cutText(log) }
  }
})
