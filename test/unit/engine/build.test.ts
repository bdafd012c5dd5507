import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import t from 'tap'
import { buildImage } from '../../../src/engine/docker/build.ts'
import type { BuildSpec } from '../../../src/engine/contract/builder.ts'
import { collect } from '../../helpers/collect.ts'

const SPEC: BuildSpec = {
  id: 'b1',
  builder: 'buildkit',
  tags: ['a:1', 'b:2'],
  dockerfile: 'Dockerfile',
  buildArgs: { A: '1' },
  network: 'none',
  target: undefined,
  platform: undefined,
  noCache: false
}

const fixture = (name: string) => readFileSync(join(import.meta.dirname, `../../fixtures/build-${name}.ndjson`), 'utf8')

function build(
  answer: string | AsyncIterable<string>,
  spec: Partial<BuildSpec> = {},
  signal = new AbortController().signal,
  mark?: string
) {
  const asked: Record<string, unknown>[] = []
  const open = async (request: object) => {
    asked.push(request as Record<string, unknown>)
    return Readable.from(typeof answer === 'string' ? [Buffer.from(answer)] : answer)
  }
  const said = collect(buildImage(open, { ...SPEC, ...spec }, { context: Readable.from([]), mark, signal }))
  return { asked, said }
}

t.test('the request marks the containers of steps only if it is given a mark', async (t) => {
  const query = async (mark?: string) => {
    const { asked, said } = build(fixture('classic'), { builder: 'classic' }, undefined, mark)
    await said
    return asked[0]?.query
  }
  t.match(await query('mine:127.0.0.1'), { extrahosts: 'mine:127.0.0.1' })
  t.notMatch(await query(), { extrahosts: String })
})

t.test('only intended options reach the builder', async (t) => {
  const { asked, said } = build(fixture('buildkit'), { target: 'x', noCache: true })
  await said
  t.match(asked[0], { method: 'POST', path: '/build' })
  t.same(Object.keys(asked[0]?.query as object).sort(), [
    ...['buildargs', 'dockerfile', 'forcerm', 'networkmode', 'nocache', 'rm', 't', 'target', 'version']
  ])
})

t.test('the reason of a failure names the failed step, not one that ended with it', async (t) => {
  const cases: [name: string, builder: BuildSpec['builder'], reason: RegExp][] = [
    ['buildkit-failing', 'buildkit', /^\[3\/4\] RUN echo second && exit 3: executor failed .*exit code: 3$/],
    ['buildkit-failing-beside', 'buildkit', /^\[quick 2\/2\] RUN sleep 1; echo broken; exit 4: .*exit code: 4$/],
    ['classic-failing', 'classic', /^\[3\/4\] RUN echo second && exit 3: The command .* returned a non-zero code: 3$/]
  ]
  for (const [name, builder, message] of cases)
    await t.rejects(build(fixture(name), { builder }).said, { code: 'BUILD_FAILED', message }, name)
})

t.test('a failure outside of the steps blames none', async (t) => {
  const parsing =
    '{"errorDetail":{"message":"dockerfile parse error line 2"},"error":"dockerfile parse error line 2"}\n'
  const frames = fixture('buildkit').split('\n').slice(0, 3).join('\n')
  await t.rejects(build(`${frames}\n${parsing}`).said, {
    code: 'BUILD_FAILED',
    message: 'dockerfile parse error line 2'
  })
  await t.rejects(build(parsing, { builder: 'classic' }).said, { message: 'dockerfile parse error line 2' })
})

t.test('a stream that ends too early is a failure', async (t) => {
  for (const name of ['buildkit', 'classic'] as const) {
    const frames = fixture(name).trimEnd().split('\n')
    const done = frames.findIndex((frame) => /moby\.image\.id|Successfully built/.test(frame))
    for (let count = 0; count <= done; count++)
      await t.rejects(
        build(
          frames
            .slice(0, count)
            .map((frame) => `${frame}\n`)
            .join(''),
          { builder: name }
        ).said,
        { code: 'ENGINE_FAILED' },
        `${name} after ${count}`
      )
  }
})

t.test('the engine disconnects in the middle', async (t) => {
  async function* broken() {
    yield fixture('buildkit').split('\n', 1)[0] ?? ''
    yield '\n'
    throw Object.assign(new Error('aborted'), { code: 'ECONNRESET' })
  }
  await t.rejects(build(broken()).said, { code: 'ENGINE_UNAVAILABLE' })
})

t.test('an invalid stream differs from a lost engine', async (t) => {
  await t.rejects(build('<html>\n').said, { code: 'ENGINE_ANSWER_INVALID' })
  await t.rejects(build('{"id":"moby.buildkit.trace","aux":"bm9uc2Vuc2U="}\n').said, {
    code: 'ENGINE_ANSWER_INVALID'
  })
})

t.test('a build aborted by the engine differs from a failed one', async (t) => {
  const failing = (text: string) => build(`${JSON.stringify({ error: text })}\n`).said
  for (const text of [
    'context canceled',
    'executor failed running [x]: exit code: 137: context canceled: context canceled'
  ])
    await t.rejects(failing(text), { code: 'ENGINE_UNAVAILABLE' })
  await t.rejects(failing('executor failed running [echo : context canceled]: exit code: 1'), { code: 'BUILD_FAILED' })
})

t.test('a full disk of the engine', async (t) => {
  const said = '{"error":"failed to write: no space left on device"}\n'
  await t.rejects(build(said).said, { code: 'STORAGE_FULL' })
})

t.test('a cancelled build ends with the reason of the signal', async (t) => {
  const aborter = new AbortController()
  async function* cut() {
    yield ''
    aborter.abort(new Error('enough'))
    throw new Error('aborted')
  }
  await t.rejects(build(cut(), {}, aborter.signal).said)
})
