// Runs an image or a folder, and prints its URL.

import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Container, CreateContainer } from '../../client/api.ts'
import { command, type Command } from '../command.ts'
import { CommandError, EXIT, UsageError } from '../exit-codes.ts'
import { createLayers, createProgress } from '../progress.ts'
import type { Session } from '../session.ts'
import { secondsOf } from '../seconds.ts'
import { nameOf, pairs } from './images.ts'
import { followLogs } from './output.ts'

/** Longer than the server's own default: a person is watching, and a first start may be slow. */
const WAIT_SECONDS = 120

const run = command({
  name: 'run',
  args: '<image-or-folder> [command...]',
  about: 'Run an image, or build a folder and run that. Prints the URL.',
  more: 'A path such as . or ./shop, or a folder with a Dockerfile, is packed, built with its steps shown, and run. Options stand before "--", the command after it.',
  examples: [
    ['berth run redis:8 --name cache', 'an image, pulled when it is missing'],
    ['berth run . --wait http', 'the folder here; done when it answers'],
    ['berth run alpine --rm --follow -- echo hello', 'a task: its output, and its exit code']
  ],
  words: 'after-dashes',
  completes: 'image',
  options: {
    name: { type: 'string', value: 'NAME', about: 'Name of the container.' },
    env: { type: 'string', short: 'e', multiple: true, value: 'NAME=VALUE', about: 'Environment variable.' },
    publish: {
      type: 'string',
      short: 'p',
      multiple: true,
      value: 'PORT',
      about: 'Container port, or HOST:CONTAINER; add /udp for UDP.'
    },
    volume: { type: 'string', short: 'v', multiple: true, value: 'NAME:PATH', about: 'Volume, with :ro to read only.' },
    label: { type: 'string', short: 'l', multiple: true, value: 'NAME=VALUE', about: 'Label.' },
    memory: { type: 'string', short: 'm', value: 'SIZE', about: 'Memory limit, such as 512m.' },
    cpus: { type: 'string', value: 'COUNT', about: 'CPU limit, such as 0.5.' },
    'storage-size': { type: 'string', value: 'SIZE', about: 'Limit of its file system, if the engine can limit it.' },
    'io-weight': { type: 'string', value: 'COUNT', about: 'Share of the time of disks, from 10 to 1000.' },
    network: { type: 'string', value: 'NAME', about: 'Network to join.' },
    'read-only': { type: 'boolean', about: 'Make its root file system read-only.' },
    runtime: { type: 'string', value: 'NAME', about: 'Runtime of the engine, if the policy allows it.' },
    restart: {
      type: 'string',
      value: 'WHEN',
      choices: ['no', 'on-failure', 'unless-stopped', 'always'],
      about: 'no, on-failure, unless-stopped or always.'
    },
    ttl: { type: 'string', value: 'TIME', about: 'Remove it after this time, such as 2h.' },
    wait: {
      type: 'string',
      value: 'WHAT',
      choices: ['running', 'port', 'healthy', 'http'],
      about: 'Wait until: running, port, healthy or http.'
    },
    'wait-timeout': { type: 'string', value: 'TIME', about: `How long to wait, up to 5m. ${WAIT_SECONDS}s otherwise.` },
    'wait-path': { type: 'string', value: 'PATH', about: 'Path that --wait http requests.' },
    file: { type: 'string', short: 'f', value: 'PATH', about: 'Path of the Dockerfile in the folder.' },
    follow: { type: 'boolean', about: 'Follow its output until it ends; exit with its exit code.' },
    rm: { type: 'boolean', about: 'With --follow: remove it in the end.' }
  },
  async run(session, { args: [what = ''], words, values: { follow = false, rm = false, file, ...options } }) {
    if (rm && !follow)
      throw new UsageError('--rm removes it when its output ends, so it needs --follow. See also --ttl.')
    const body = bodyOf(options, words)
    const made = isFolder(what, file) ? await runFolder(session, what, body, file) : await runImage(session, what, body)
    if (!follow) {
      session.show(made, ({ name, url }) => (url === null ? name : `${name}  ${url}`))
      return EXIT.done
    }
    try {
      return (await followLogs(session, made.full_id, { tail: 'all' })) ?? EXIT.failed
    } finally {
      if (rm) await session.berth.removeContainer({ id: made.full_id, force: true })
    }
  }
})

type RunOptions = {
  'read-only'?: boolean
} & {
  [
    Name in
      | 'name'
      | 'memory'
      | 'cpus'
      | 'storage-size'
      | 'io-weight'
      | 'network'
      | 'runtime'
      | 'restart'
      | 'ttl'
      | 'wait'
      | 'wait-path'
      | 'wait-timeout'
  ]?: string
} & { [Name in 'env' | 'publish' | 'volume' | 'label']?: string[] }

/** The server checks every value, and reports errors. */
function bodyOf(options: RunOptions, words: string[]): CreateContainer {
  const {
    env,
    publish,
    volume,
    label,
    cpus,
    restart,
    wait,
    'wait-path': path,
    'wait-timeout': limit,
    'read-only': readOnly,
    'storage-size': storage,
    'io-weight': weight,
    ...same
  } = options
  return {
    ...same,
    ...(path !== undefined && { wait_path: path }),
    ...(readOnly && { read_only: true }),
    ...(storage !== undefined && { storage_size: storage }),
    ...(weight !== undefined && { io_weight: Number(weight) }),
    ...(restart !== undefined && { restart: restart as NonNullable<CreateContainer['restart']> }),
    ...(wait !== undefined && { wait: wait as NonNullable<CreateContainer['wait']> }),
    ...((wait ?? limit) !== undefined && {
      wait_timeout_seconds: limit === undefined ? WAIT_SECONDS : secondsOf(limit)
    }),
    ...(cpus !== undefined && { cpus: Number(cpus) }),
    ...(env && { env: pairs(env) }),
    ...(label && { labels: pairs(label) }),
    ...(publish && { ports: publish }),
    ...(volume && { volumes: volume.map(volumeOf) }),
    ...(words.length > 0 && { command: words })
  }
}

function volumeOf(text: string) {
  const [source, target, mode, ...more] = text.split(':')
  if (!source || !target || more.length > 0 || (mode !== undefined && mode !== 'ro' && mode !== 'rw'))
    throw new UsageError(`"${text}" must be NAME:PATH, or NAME:PATH:ro.`)
  return { source, target, read_only: mode === 'ro' }
}

/** A bare name may also be that of an image, so it means a folder only if that has a Dockerfile. */
function isFolder(what: string, file = 'Dockerfile'): boolean {
  if (statSync(what, { throwIfNoEntry: false })?.isDirectory() !== true) return false
  return /^[./]/.test(what) || existsSync(join(what, file))
}

async function runImage(session: Session, image: string, body: CreateContainer): Promise<Container> {
  const { berth, signal } = session
  const progress = createProgress(session)
  const given = { body: { image, ...body } }
  return berth.transfer('createContainer', given, { signal, onProgress: createLayers(progress) }).finally(progress.end)
}

async function runFolder(
  session: Session,
  folder: string,
  body: CreateContainer,
  file: string | undefined
): Promise<Container> {
  const { build, mustHaveSucceeded } = await import('../build.ts')
  const dockerfile = file === undefined ? {} : { dockerfile: file }
  const done = await build(session, folder, { image_name: nameOf(folder), ...dockerfile, run: body })
  mustHaveSucceeded(done)
  const { container_id: id } = done.run
  if (id === null) throw new CommandError(`The build ${done.id} made no container.`)
  return session.berth.getContainer({ id })
}

export const runCommands: readonly Command[] = [run]
