// Builds on a real engine, with BuildKit and the classic builder.

import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { BuildDetails } from '../../src/builds/schemas.ts'
import { tarOf } from '../helpers/archives.ts'
import { endOf, imageExists, imageNames, memoryOf, processesWith, sendBuild } from '../helpers/builds.ts'
import { askPort, docker, eventually, ignoreMissing, IMAGE, TEST_LABEL } from '../helpers/engine.ts'
import { follow } from '../helpers/follow.ts'
import { hostPort, portsOf, startServer, WORKLOAD } from '../helpers/server.ts'

const server = await startServer(t, { ports: portsOf('builds') })
const name = imageNames(t)
// A gigabyte with BERTH_TEST_FULL=1.
const isFull = Boolean(process.env.BERTH_TEST_FULL)
const LOUD = isFull ? 1_000_000_000 : 100_000_000
const LOUD_MS = isFull ? 400_000 : 100_000
const BUILDERS = ['buildkit', 'classic'] as const
const get = async (id: string) => (await server.get<BuildDetails>(`/builds/${id}`)).body
const logOf = async (id: string) => (await server.get(`/builds/${id}/logs`)).text

async function send(file: string | Buffer, fields: Record<string, string | string[]>): Promise<BuildDetails> {
  const { status, body } = await sendBuild(server, typeof file === 'string' ? file : new Uint8Array(file), {
    no_cache: 'true',
    ...fields
  })
  if (status !== 202) throw new Error(JSON.stringify(body))
  return body
}

/** The output of a command in a container of the image. */
async function outputOf(image: string, ...command: string[]): Promise<string> {
  const container = await docker.createContainer({
    Image: image,
    Cmd: command,
    Tty: true,
    Labels: { [TEST_LABEL]: server.mark }
  })
  try {
    await container.start()
    await container.wait()
    return (await container.logs({ stdout: true, stderr: true })).toString().replaceAll('\r\n', '\n')
  } finally {
    await ignoreMissing(container.remove({ force: true }))
  }
}

/** Nothing of a build is left running: no process, and no container except earlier ones. */
async function isQuiet(word: string): Promise<void> {
  await eventually(async () => {
    if (processesWith(word) > 0) throw new Error(`${processesWith(word)} processes run`)
    const containers = await docker.listContainers({ all: true })
    const left = containers.filter(({ Command }) => Command.includes(word))
    if (left.length > 0) throw new Error(`containers are left: ${left.map(({ Command }) => Command)}`)
  })
}

for (const builder of BUILDERS) {
  t.test(`${builder}: stages, arguments, a target, several tags`, async (t) => {
    const mount = builder === 'buildkit' ? '--mount=type=cache,target=/cache ' : ''
    const context = await tarOf(
      {
        name: 'sub/My.Dockerfile',
        content: `ARG BASE=nowhere\nFROM \${BASE} AS made\nARG WORD\nCOPY hello.txt /hello.txt\nRUN ${mount}echo "$WORD" >> /hello.txt\n
FROM \${BASE} AS small\nCOPY --from=made /hello.txt /hello.txt\nFROM small AS unwanted\nRUN exit 9\n`
      },
      { name: 'hello.txt', content: 'from the context\n' }
    )
    const image = name(`stages-${builder}`)
    const { id } = await send(context, {
      image_name: image,
      image_tag: ['1', 'latest'],
      dockerfile: 'sub/My.Dockerfile',
      target: 'small',
      build_args: JSON.stringify({ BASE: IMAGE, WORD: 'äöü "quoted" $HOME' }),
      builder
    })
    const build = await endOf(server, id)
    t.match(
      build,
      { status: 'completed', builder, image_id: /^sha256:/, build_arg_names: ['BASE', 'WORD'] },
      JSON.stringify(build.build)
    )
    t.ok(build.steps.length >= 4 && build.steps.every(({ status }) => status === 'completed' || status === 'cached'))
    t.equal(await outputOf(`${image}:1`, 'cat', '/hello.txt'), 'from the context\näöü "quoted" $HOME\n')
    t.equal((await docker.getImage(`${image}:latest`).inspect()).Id, build.image_id)

    const removed = await server.delete(`/builds/${id}`)
    t.match(removed, { status: 200, body: { images_removed: [`${image}:1`, `${image}:latest`] } })
    t.notOk(await imageExists(image))
    t.notOk(existsSync(join(server.dataDir, 'builds', id)))
  })

  t.test(`${builder}: the context leaves out the paths of .dockerignore`, async (t) => {
    const dockerfile = `FROM ${IMAGE}\nCOPY . /all\n`
    const context = await tarOf(
      { name: 'keep.txt', content: 'k' },
      { name: '.env', content: 'secret' },
      { name: 'node_modules', type: 'directory' },
      { name: 'node_modules/x.js', content: 'x' },
      { name: 'node_modules/own/y.js', content: 'y' },
      { name: 'docker/Dockerfile', content: dockerfile },
      {
        name: '.dockerignore',
        content: '# ours\n.env\nnode_modules\n!node_modules/own\n**/Dockerfile\n.dockerignore\n'
      },
      { name: 'docker/Other', content: dockerfile },
      { name: 'docker/Other.dockerignore', content: '*\n!.env\n' }
    )
    const image = name(`ignored-${builder}`)
    for (const [path, files] of [
      [
        'docker/Dockerfile',
        ['docker/Dockerfile', 'docker/Other', 'docker/Other.dockerignore', 'keep.txt', 'node_modules/own/y.js']
      ],
      ['docker/Other', ['.env', 'docker/Other']]
    ] as const) {
      const { id, context: kept } = await send(context, { image_name: image, dockerfile: path, builder })
      t.equal(kept.entries, files.length)
      t.match(await endOf(server, id), { status: 'completed' })
      const found = await outputOf(image, 'find', '/all', '-type', 'f')
      t.same(
        found.trim().split('\n').toSorted(),
        files.map((file) => `/all/${file}`)
      )
    }
  })

  t.test(`${builder}: a build that fails at step 3`, async (t) => {
    const image = name(`failing-${builder}`)
    const { id } = await send(`FROM ${IMAGE}\nRUN echo first words\nRUN echo last words && exit 7\nRUN echo never\n`, {
      image_name: image,
      builder
    })
    const build = await endOf(server, id)
    t.match(build, {
      status: 'failed',
      build: { status: 'failed', code: 'BUILD_FAILED', reason: /^\[3\/4\] RUN echo last words && exit 7: .*7/ },
      push: { status: 'skipped' },
      image_id: null
    })
    t.equal(build.steps.at(-1)?.status, 'failed')
    const log = await logOf(id)
    t.match(log, /first words[^]*last words[^]*\nFAILED: \[3\/4\] RUN/)
    t.notMatch(log, /echo never\n.*Running/)
    t.notOk(await imageExists(image))
  })

  t.test(`${builder}: cancelled in the middle, the engine stops working and leaves nothing`, async (t) => {
    const word = `sleep 7${process.pid}${BUILDERS.indexOf(builder)}`
    const { id } = await send(`FROM ${IMAGE}\nRUN ${word}\n`, { image_name: name(`cancelled-${builder}`), builder })
    await eventually(() => {
      if (processesWith(word.replace(' ', '\0')) === 0) throw new Error('it does not run yet')
    })
    const { status, body } = await server.post<BuildDetails>(`/builds/${id}/cancel`)
    t.match({ status, body }, { status: 200, body: { status: 'cancelled', build: { status: 'cancelled' } } })
    await isQuiet(word.replace(' ', '\0'))
    t.match(await logOf(id), /\nCANCELLED\n$/)
    t.notOk((await get(id)).steps.some((step) => step.status === 'running'))
  })
}

t.test('the log of a running build can be followed', async (t) => {
  const { id } = await send(`FROM ${IMAGE}\nRUN for i in 1 2 3; do echo "tick $i"; sleep 0.4; done\n`, {
    image_name: name('ticks')
  })
  const stream = follow(`${server.url}/builds/${id}/logs?follow=true`)
  await stream.next(({ data }) => /tick 1/.test(String(data.line)), 0)
  t.match(await get(id), { status: 'in_progress' })
  await stream.ended
  const ticks = stream.events.filter(({ data }) => /tick \d$/.test(String(data.line)))
  t.equal(ticks.length, 3)
  t.match(stream.events.at(-1), { event: 'end', data: { status: 'completed' } })
})

t.test(
  `a build that prints ${LOUD / 1e6} MB fills neither the disk nor the memory`,
  { timeout: 3 * LOUD_MS },
  async (t) => {
    const limited = await startServer(t, {
      ports: portsOf('builds'),
      env: { BERTH_BUILD_LOG_MAX: '1m', LOG_LEVEL: 'info' }
    })
    for (const [builder, command] of [
      ['classic', `yes | head -c ${LOUD}`],
      ['classic', `yes | tr -d '\\n' | head -c ${LOUD / 4}`],
      ['buildkit', `yes | head -c ${LOUD}`]
    ] as const) {
      const before = memoryOf(limited.pid)
      const { body } = await sendBuild(limited, `FROM ${IMAGE}\nRUN ${command}; exit 3\n`, {
        image_name: name('loud'),
        no_cache: 'true',
        builder
      })
      let most = 0
      const look = setInterval(() => (most = Math.max(most, memoryOf(limited.pid))), 100)
      const build = await endOf(limited, body.id, LOUD_MS).finally(() => clearInterval(look))
      t.match(build, { status: 'failed', build: { reason: /RUN yes/ } })
      const { text } = await limited.get(`/builds/${body.id}/logs`)
      t.ok(text.length < 1.1 * 1024 * 1024, `${text.length} bytes of log`)
      const isCut = /\n\[\d+ bytes left out: a log holds at most 1048576 bytes\]\nFAILED: /.test(text)
      // BuildKit itself keeps no more output than this per step.
      t.ok(
        builder === 'buildkit' ? /output clipped, log limit/.test(text) || isCut : isCut,
        `${builder}: ${text.slice(-200)}`
      )
      if (isCut) t.equal(build.log_truncated, true)
      t.match((await limited.get('/health')).body, { status: 'healthy' })
      t.comment(`${builder}: ${before.toFixed(0)} MB, at most ${most.toFixed(0)} MB; ${build.build.duration_ms} ms`)
      t.ok(most - before < 100, `memory grew by ${(most - before).toFixed(0)} MB`)
    }
  }
)

t.test('a hanging build is ended', async (t) => {
  const hurried = await startServer(t, {
    ports: portsOf('builds'),
    env: { BERTH_BUILD_IDLE_SECONDS: '6', BERTH_BUILD_TIMEOUT_SECONDS: '12', BERTH_BUILD_CONCURRENCY: '4' }
  })
  const word = `8${process.pid}`
  const cases = BUILDERS.flatMap((builder) => [
    { builder, command: `sleep ${word}1`, reason: 'It had no output for 6 seconds.' },
    {
      builder,
      command: `while true; do echo on and on; sleep 0.5${word}2; done`,
      reason: 'It took longer than 12 seconds.'
    }
  ])
  await Promise.all(
    cases.map(async ({ builder, command, reason }) => {
      const fields = { image_name: name('hanging'), builder, no_cache: 'true' }
      const { body } = await sendBuild(hurried, `FROM ${IMAGE}\nRUN ${command}\n`, fields)
      const build = await endOf(hurried, body.id)
      t.match(build, { status: 'failed', build: { code: 'BUILD_TIMEOUT', reason } }, `${builder} ${command}`)
    })
  )
  await isQuiet(word)
})

t.test('the built image runs, and stays while a container uses it', async (t) => {
  const image = name('run')
  const { id } = await send(`FROM ${IMAGE}\nEXPOSE 5000\nCMD ${JSON.stringify(WORKLOAD)}\n`, {
    image_name: image,
    run: JSON.stringify({ wait: 'port', labels: { [TEST_LABEL]: server.mark } })
  })
  const build = await endOf(server, id)
  t.match(build, { status: 'completed', run: { status: 'completed', container_id: String } }, JSON.stringify(build.run))
  const { body } = await server.get<{ ports: Record<string, string>; image: string }>(
    `/containers/${build.run.container_id}`
  )
  t.equal(await askPort(hostPort(body)), String(hostPort(body)))
  const removed = await server.delete<{ images_kept: object[] }>(`/builds/${id}`)
  t.match(removed.body, { images_removed: [], images_kept: [{ reference: `${image}:latest`, reason: /./ }] })
  t.ok(await imageExists(image))
  await server.removeAll()
})

t.test('hostile: many processes, and a Dockerfile that cannot be read', async (t) => {
  const bad = await sendBuild(server, `FROM ${IMAGE}\nRUN true\nCOPY\n`, {
    image_name: name('bad'),
    builder: 'classic'
  })
  t.match(await endOf(server, bad.body.id), { status: 'failed' })
  const missing = await send(`FROM ${IMAGE}\nCOPY ../../etc/passwd /\n`, { image_name: name('outside') })
  t.match(await endOf(server, missing.id), { status: 'failed', build: { code: 'BUILD_FAILED' } })
  const links = await tarOf(
    { name: 'Dockerfile', content: `FROM ${IMAGE}\nCOPY . /all\nRUN ls -la /all; cat /all/link || echo unreadable\n` },
    { name: 'link', type: 'symlink', linkname: '../../../../../../etc/hostname' }
  )
  const linked = await send(links, { image_name: name('links') })
  await endOf(server, linked.id)
  t.notMatch(await logOf(linked.id), new RegExp(`^#\\d+ \\S+ ${process.env.HOSTNAME ?? 'no-such-host'}$`, 'm'))
})

t.test('in the end only kept files are left', async (t) => {
  const known = (await server.get<BuildDetails[]>('/builds')).body.map(({ id }) => id)
  t.same(readdirSync(join(server.dataDir, 'builds')).toSorted(), known.toSorted())
  for (const id of known) await server.delete(`/builds/${id}`)
  t.same(readdirSync(join(server.dataDir, 'builds')), [])
  t.notMatch(server.output(), /"level":(50|60)/)
})
