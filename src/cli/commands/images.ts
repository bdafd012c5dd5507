// Images: built, listed, pulled, pushed.

import { basename, resolve } from 'node:path'
import type { Image } from '../../client/api.ts'
import { ago, bytes } from '../../lib/format.ts'
import { command, type Command } from '../command.ts'
import { UsageError } from '../exit-codes.ts'
import { createLayers, createProgress } from '../progress.ts'
import { table } from '../style.ts'

const build = command({
  name: 'build',
  args: '[folder]',
  about: 'Build an image from a folder, a Dockerfile or an archive.',
  more: 'A .dockerignore is respected. The folder is packed while it is sent.',
  examples: [
    ['berth build . --tag team/web:1.4', 'the folder here'],
    ['berth build shop --tag registry.example.com/shop:1 --push', 'and push it']
  ],
  completes: 'path',
  options: {
    tag: { type: 'string', short: 't', value: 'NAME', about: 'Name and tag. Defaults to the name of the folder.' },
    file: { type: 'string', short: 'f', value: 'PATH', about: 'Path of the Dockerfile in the folder.' },
    'build-arg': { type: 'string', multiple: true, value: 'NAME=VALUE', about: 'Build argument.' },
    target: { type: 'string', value: 'STAGE', about: 'Target stage.' },
    platform: { type: 'string', value: 'NAME', about: 'Platform, such as linux/amd64.' },
    'no-cache': { type: 'boolean', about: 'Build without the cache.' },
    push: { type: 'boolean', about: 'Push it after the build.' }
  },
  async run(session, { args: [folder = '.'], values }) {
    const { build, imageFields, mustHaveSucceeded } = await import('../build.ts')
    const { tag = nameOf(folder), file, target, platform, push = false } = values
    const done = await build(session, folder, {
      ...imageFields(tag),
      ...(file !== undefined && { dockerfile: file }),
      ...(target !== undefined && { target }),
      ...(platform !== undefined && { platform }),
      ...(values['build-arg'] && { build_args: pairs(values['build-arg']) }),
      ...(values['no-cache'] && { no_cache: true }),
      push
    })
    mustHaveSucceeded(done)
    session.show(done, ({ references }) => references.join('\n'))
  }
})

/** `NAME=VALUE`, each; a name alone is refused, since no environment is guessed. */
export function pairs(texts: string[]): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf('=')
      if (at < 1) throw new UsageError(`"${text}" must be NAME=VALUE.`)
      return [text.slice(0, at), text.slice(at + 1)]
    })
  )
}

/** A name for an image, out of the name of a folder. */
export function nameOf(folder: string): string {
  return (
    basename(resolve(folder))
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replaceAll(/^-+|-+$/g, '') || 'image'
  )
}

const images = command({
  name: 'images',
  about: 'List images.',
  examples: [
    ['berth images', 'all of the engine'],
    ["berth images --reference 'team/*' --json", 'some, for a script']
  ],
  options: {
    reference: { type: 'string', value: 'PATTERN', about: 'Only names that match this pattern.' },
    dangling: { type: 'boolean', about: 'Only images without a name.' }
  },
  async run(session, { values: { reference, dangling } }) {
    const given = { ...(reference !== undefined && { reference }), ...(dangling && { dangling }) }
    const found: Image[] = []
    for await (const image of session.berth.each('listImages', given)) found.push(image)
    session.show(found, () => {
      const row = ({ tags, id, size, created, containers }: Image) => [
        session.style.bold(nameOfImage(tags)),
        id,
        bytes(size),
        created === null ? '' : ago(Date.parse(created), Date.now()),
        containers.map(({ name }) => name).join(', ')
      ]
      return table(['NAME', 'ID', 'SIZE', 'CREATED', 'USED BY'], found.map(row), session.style)
    })
  }
})

function nameOfImage([first, ...others]: string[]): string {
  if (first === undefined) return '<none>'
  return others.length > 0 ? `${first} +${others.length}` : first
}

const LOGIN = {
  username: {
    type: 'string',
    short: 'u',
    value: 'NAME',
    about: 'User name for the registry; the password comes from BERTH_REGISTRY_PASSWORD.'
  }
} as const

function credentials(username: string | undefined, password: string | undefined) {
  if (username === undefined) return {}
  if (!password) throw new UsageError('Put the password into BERTH_REGISTRY_PASSWORD.')
  return { credentials: { username, password } }
}

const pull = command({
  name: 'pull',
  args: '<image>',
  about: 'Pull an image.',
  examples: [['berth pull redis:8', 'each layer with its bar']],
  options: LOGIN,
  async run(session, { args: [image = ''], values: { username } }) {
    const { berth, signal, env } = session
    const progress = createProgress(session)
    const body = { image, ...credentials(username, env.BERTH_REGISTRY_PASSWORD) }
    const pulled = await berth
      .transfer('pullImage', { body }, { signal, onProgress: createLayers(progress) })
      .finally(progress.end)
    session.show(pulled, ({ tags, id }) => tags[0] ?? id)
  }
})

const push = command({
  name: 'push',
  args: '<image>',
  about: 'Push an image to the registry that its name begins with.',
  examples: [['berth push registry.example.com/team/web:1.4', 'prints the digest']],
  completes: 'image',
  options: LOGIN,
  async run(session, { args: [image = ''], values: { username } }) {
    const { berth, signal, env } = session
    const progress = createProgress(session)
    const body = { image, ...credentials(username, env.BERTH_REGISTRY_PASSWORD) }
    const pushed = await berth
      .transfer('pushImage', { body }, { signal, onProgress: createLayers(progress) })
      .finally(progress.end)
    session.show(pushed, ({ digest }) => digest)
  }
})

export const imageCommands: readonly Command[] = [build, images, pull, push]
