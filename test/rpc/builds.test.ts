import { gzipSync } from 'node:zlib'
import t from 'tap'
import { pack } from 'tar-stream'
import { buffer } from 'node:stream/consumers'
import { all, buildRpc, refusal } from '../helpers/grpc.ts'
import { createMemoryEngine } from '../helpers/memory-engine.ts'
import { until } from '../helpers/until.ts'

const DOCKERFILE = 'FROM scratch\nCMD ["serve"]\n'
const source = { case: 'dockerfileText', value: DOCKERFILE } as const

const start = (t: Parameters<typeof buildRpc>[0], engine = createMemoryEngine()) =>
  buildRpc(t, { engine, env: { BERTH_DATA_DIR: t.testdir({}) } })

t.test('a build from the text of a Dockerfile', async (t) => {
  const { docker, engine } = await start(t)
  const built = await docker.buildDockerImage({ source, imageName: 'shop/web', imageTag: ['1', '2'] })
  t.match(built, {
    success: true,
    message: 'Built shop/web:1, shop/web:2',
    build: {
      status: 'completed',
      build: { status: 'completed' },
      push: { status: 'skipped' },
      context: { kind: 'dockerfile' }
    }
  })
  t.ok(engine.images.has('shop/web:1'))
  t.match(await docker.listDockerBuilds({}), { builds: [{ id: built.build!.id }] })
  t.match(await docker.getDockerBuild({ id: built.build!.id }), { build: { imageName: 'shop/web' } })
  const lines = await all(docker.streamDockerBuildLogs({ id: built.build!.id }))
  t.ok(lines.some(({ line }) => /Step 1/.test(line)))
  t.match(await docker.removeDockerBuild({ id: built.build!.id }), {
    success: true,
    imagesRemoved: ['shop/web:1', 'shop/web:2']
  })
  t.match(await refusal(docker.getDockerBuild({ id: built.build!.id })), {
    status: 'NotFound',
    reason: 'BUILD_NOT_FOUND'
  })
})

t.test('a build from a context, with its progress', async (t) => {
  const { docker } = await start(t)
  const tar = pack()
  tar.entry({ name: 'Dockerfile' }, DOCKERFILE)
  tar.entry({ name: 'big' }, Buffer.alloc(6_000_000, 'x'))
  tar.finalize()
  // More than other messages may have.
  const context = { case: 'context', value: await buffer(tar) } as const
  const events = (await all(docker.streamDockerBuild({ source: context, imageName: 'web' }))).map(({ event }) => event)
  t.match(events[0], { case: 'build', value: { context: { kind: 'tar', entries: 2 } } })
  t.match(events.at(-1), { case: 'result', value: { success: true } })
  t.ok(events.some((event) => event.case === 'line'))
  const zipped = { case: 'context', value: gzipSync(context.value) } as const
  t.match(await docker.buildDockerImage({ source: zipped, imageName: 'web' }), { success: true })
})

t.test('a context of the full size takes little more memory than its bytes', async (t) => {
  const { docker } = await start(t)
  const tar = pack()
  tar.entry({ name: 'Dockerfile' }, DOCKERFILE)
  for (let index = 0; index < 24; index++) tar.entry({ name: `big${index}` }, Buffer.alloc(1024 ** 2, index))
  tar.finalize()
  const value = gzipSync(await buffer(tar))
  const whole = Buffer.concat([value, Buffer.alloc(30 * 1024 ** 2 - value.length)])
  const began = process.memoryUsage().heapUsed
  let most = 0
  const looking = setInterval(() => (most = Math.max(most, process.memoryUsage().heapUsed)), 1)
  await docker.submitDockerBuild({ source: { case: 'context', value: whole }, imageName: 'web' }).catch(() => {})
  clearInterval(looking)
  t.ok(most - began < 100 * 1024 ** 2, `${Math.round((most - began) / 1024 ** 2)} MiB of heap`)
})

t.test('a build is built, pushed and run', async (t) => {
  const { docker, engine } = await start(t)
  const { build } = await docker.buildDockerImage({
    source,
    imageName: 'web',
    push: true,
    registry: 'localhost:5000',
    run: { name: 'web', env: { COLOUR: 'green' } }
  })
  t.match(build, {
    push: { status: 'completed', pushed: [{ reference: 'localhost:5000/web:latest', size: 528n }] },
    run: { status: 'completed', containerId: /./ }
  })
  t.match(engine.records(), [{ name: 'web' }])
})

t.test('a build that fails is an outcome', async (t) => {
  const engine = createMemoryEngine()
  engine.buildImage = async function* () {
    yield { line: 'Step 1/1 : RUN false' }
    throw new Error('exit code 1')
  }
  const { docker } = await start(t, engine)
  const { success, message, build } = await docker.buildDockerImage({ source, imageName: 'web' })
  t.equal(success, false)
  t.ok(message)
  t.match(build, { status: 'failed', build: { status: 'failed', reason: message } })
})

t.test('an invalid build is refused', async (t) => {
  const { docker } = await start(t)
  t.match(await refusal(docker.buildDockerImage({ imageName: 'web' })), {
    status: 'InvalidArgument',
    fields: ['source']
  })
  t.match(await refusal(docker.buildDockerImage({ source, imageName: 'NO' })), { fields: ['image_name'] })
  t.match(
    await refusal(docker.buildDockerImage({ source: { case: 'dockerfileText', value: 'nonsense' }, imageName: 'web' })),
    { status: 'InvalidArgument' }
  )
  t.match(await docker.listDockerBuilds({}), { builds: [] })
})

t.test('a deadline cancels the build of a waiting call, and a submitted build continues', async (t) => {
  const engine = createMemoryEngine()
  const ended: boolean[] = []
  engine.buildImage = async function* (_spec, context, signal) {
    context.resume()
    yield { line: 'Step 1/1 : RUN sleep 1000' }
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
    ended.push(true)
    signal.throwIfAborted()
  }
  const { docker } = await start(t, engine)
  t.match(await refusal(docker.buildDockerImage({ source, imageName: 'web' }, { timeoutMs: 2_000 })), {
    status: 'DeadlineExceeded'
  })
  await until(async () => (await docker.listDockerBuilds({ status: 'cancelled' })).builds.length === 1)
  t.strictSame(ended, [true], 'the engine was notified')

  const { build } = await docker.submitDockerBuild({ source, imageName: 'web' })
  await until(async () => (await docker.getDockerBuild({ id: build!.id })).build?.status === 'in_progress')
  t.match(await docker.cancelDockerBuild({ id: build!.id }), { build: { status: 'cancelled' } })
  t.match(await refusal(docker.retryDockerBuild({ id: 'no-uuid' })), { fields: ['id'] })
})

t.test('RetryDockerBuild retries a failed build and refuses a missing one', async (t) => {
  const engine = createMemoryEngine()
  const finish = engine.buildImage
  engine.buildImage = async function* (...args) {
    engine.buildImage = finish
    for await (const progress of finish(...args)) if ('line' in progress) yield progress
    throw new Error('exit code 1')
  }
  const { docker } = await start(t, engine)
  const { build } = await docker.buildDockerImage({ source, imageName: 'web' })
  t.match(build, { status: 'failed' })
  t.match(await docker.retryDockerBuild({ id: build!.id }), { build: { id: build!.id, imageName: 'web' } })
  await until(async () => (await docker.getDockerBuild({ id: build!.id })).build?.status === 'completed')
  t.match(await refusal(docker.retryDockerBuild({ id: build!.id })), { reason: 'BUILD_NOT_FAILED' })
  t.match(await refusal(docker.retryDockerBuild({ id: '0b6d9d6e-7b1c-4f39-8c5e-5f8a3f1f2a10' })), {
    status: 'NotFound',
    reason: 'BUILD_NOT_FOUND'
  })
})
