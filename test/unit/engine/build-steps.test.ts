import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { BinaryWriter } from '@bufbuild/protobuf/wire'
import t from 'tap'
import { createBuildKitReader, createClassicReader, type StepReader } from '../../../src/engine/docker/build-steps.ts'
import type { BuildProgress, BuildStep } from '../../../src/engine/contract/builder.ts'
import type { ProgressFrame } from '../../../src/engine/docker/schemas/streams.ts'

const ID = 'sha256:a263dd13010854796899fd15e899457df302b5d7132c129414036ad238da7eb6'

/** The recorded output of a real engine. */
function recorded(name: string): ProgressFrame[] {
  const text = readFileSync(join(import.meta.dirname, `../../fixtures/build-${name}.ndjson`), 'utf8')
  return text.split('\n').flatMap((line) => (line.trim() === '' ? [] : [JSON.parse(line) as ProgressFrame]))
}

function told(read: StepReader, frames: ProgressFrame[]) {
  const progress = frames.filter(({ error }) => error === undefined).flatMap((frame) => read(frame))
  const steps: BuildStep[] = []
  for (const said of progress) if ('step' in said) steps[said.step.number - 1] = said.step
  return {
    lines: progress.flatMap((said) => ('line' in said ? said.line.split('\n') : [])),
    steps,
    summary: steps.map(({ name, status }) => `${status} ${name}`),
    images: progress.flatMap((said) => ('imageId' in said ? [said.imageId] : []))
  }
}

t.test('BuildKit: parallel steps, their output, durations and cache hits', (t) => {
  const { lines, steps, summary, images } = told(createBuildKitReader(), recorded('buildkit'))
  t.match(summary, [
    'completed [internal] load remote build context',
    'completed copy /context /',
    'completed [internal] load metadata for docker.io/berth-test/busybox:1',
    /^\w+ \[one 1\/2\] FROM docker\.io\/berth-test\/busybox:1/,
    "completed [one 2/2] RUN --mount=type=cache,target=/cache echo one > /one; printf 'without an end'",
    /^completed \[stage-1 2\/3\] RUN printf/,
    'completed [stage-1 3/3] COPY --from=one /one /one',
    'completed exporting to image'
  ])
  t.same(images, [ID])
  t.ok((steps[5]?.durationMs ?? 0) > 1000 && (steps[5]?.durationMs ?? 0) < 5000)
  const own = lines.filter((line) => line.startsWith('#6 '))
  t.match(own, [
    /^#6 \[stage-1 2\/3\] RUN/,
    /^#6 0\.\d{3} äöü 漢字$/,
    /^#6 1\.\d{3} 100%$/,
    /^#6 1\.\d{3} red$/,
    /^#6 DONE 1\.\ds$/
  ])
  const one = lines.filter((line) => line.startsWith('#5 '))
  t.equal(one.at(-2), '#5 without an end')
  t.match(one.at(-1), /^#5 DONE/)
  t.equal(lines.at(-1), 'Successfully tagged berth-test/recorded:1')
  t.end()
})

t.test('BuildKit: cached steps', (t) => {
  const { lines, summary, images } = told(createBuildKitReader(), recorded('buildkit-cached'))
  t.equal(summary.filter((step) => /^cached .*(RUN|COPY)/.test(step)).length, 3)
  t.equal(lines.filter((line) => / CACHED$/.test(line)).length, 3)
  t.same(images, [ID])
  t.end()
})

t.test('BuildKit: the failed step', (t) => {
  const { lines, summary, images } = told(createBuildKitReader(), recorded('buildkit-failing'))
  t.equal(summary.at(-1), 'failed [3/4] RUN echo second && exit 3')
  t.match(lines.slice(-2), [/second$/, /^#6 ERROR: executor failed running .*exit code: 3$/])
  t.same(images, [])
  t.end()
})

t.test('the classic builder', (t) => {
  let clock = 0
  const { lines, steps, summary, images } = told(
    createClassicReader(() => (clock += 100)),
    recorded('classic')
  )
  t.match(summary, [
    'completed [1/5] FROM berth-test/busybox:1 AS one',
    /^completed \[2\/5\] RUN/,
    'completed [3/5] FROM berth-test/busybox:1',
    /^completed \[4\/5\] RUN/,
    'completed [5/5] COPY --from=one /one /one'
  ])
  t.same(
    steps.map(({ durationMs }) => durationMs),
    [100, 100, 100, 100, 100]
  )
  t.same(images, ['sha256:f0ff10e550e6a40680797b21e786267b67018d2b57beef8b2078d4d8e034ff4e'], 'not that of a stage')
  t.ok(lines.includes('äöü 漢字') && lines.includes('100%') && lines.includes('red'))
  const cached = told(createClassicReader(), recorded('classic-cached'))
  t.equal(cached.summary.filter((step) => step.startsWith('cached')).length, 3)
  const failing = told(createClassicReader(), recorded('classic-failing'))
  t.equal(failing.summary.at(-1), 'running [3/4] RUN echo second && exit 3', 'whoever reads on knows that it failed')
  t.same(failing.images, [])
  t.end()
})

t.test('Podman, which counts the steps of each stage', (t) => {
  const { lines, summary, images } = told(createClassicReader(), recorded('podman'))
  t.match(summary, [
    'completed [stage-0 1/2] FROM berth-test/busybox:1 AS one',
    /^completed \[stage-0 2\/2\] RUN/,
    'completed [stage-1 1/3] FROM berth-test/busybox:1',
    /^completed \[stage-1 2\/3\] RUN/,
    'completed [stage-1 3/3] COPY --from=one /one /one'
  ])
  t.match(images, [/^sha256:[0-9a-f]{64}$/])
  t.ok(lines.includes('äöü 漢字') && lines.includes('100%') && lines.includes('red'))
  const cached = told(createClassicReader(), recorded('podman-cached'))
  t.equal(cached.summary.filter((step) => step.startsWith('cached')).length, 3)
  const failing = told(createClassicReader(), recorded('podman-failing'))
  t.equal(failing.summary.at(-1), 'running [3/4] RUN echo second && exit 3')
  t.same(failing.images, [])
  t.end()
})

t.test('the classic builder: a program that prints what the builder prints', (t) => {
  const read = createClassicReader()
  const said = (stream: string) => told(read, [{ stream }])
  said('Step 1/2 : FROM a\n')
  t.same(said('Step 4294967295/1 : evil\n').steps, [])
  t.same(said('Step 0/1 : evil\n').steps, [])
  t.same(said('[2/9] STEP 2/2: evil\n').steps, [])
  t.equal(said('Step 2/2 : RUN x\n').steps.length, 2)
  t.same(said('Successfully built 123\n').images, [], 'without an image there is none')
  t.end()
})

t.test('output without a newline takes no more memory than a line may', (t) => {
  const classic = createClassicReader()
  const buildkit = createBuildKitReader()
  buildkit(traceFrame({ vertex: { digest: 'a', name: 'RUN', startedMs: 1000 } }))
  for (const feed of [
    () => classic({ stream: 'x'.repeat(10_000) }),
    () => buildkit(traceFrame({ log: { vertex: 'a', text: 'x'.repeat(10_000) } }))
  ]) {
    let length = 0
    for (let frame = 0; frame < 100; frame++) for (const said of feed()) length += 'line' in said ? said.line.length : 0
    t.ok(length > 990_000, `${length}`)
  }
  t.end()
})

t.test('the last output of a step comes before its end, even in the same frame', (t) => {
  const read = createBuildKitReader()
  const { lines } = told(read, [
    traceFrame({
      vertex: { digest: 'a', name: 'RUN x', startedMs: 1000, completedMs: 2000, error: 'exit code: 1' },
      log: { vertex: 'a', text: 'no newline' }
    })
  ])
  t.same(lines, ['#1 RUN x', '#1 no newline', '#1 ERROR: exit code: 1'])
  t.end()
})

t.test('a multi-byte character across two frames', (t) => {
  const read = createBuildKitReader()
  read(traceFrame({ vertex: { digest: 'a', name: 'RUN', startedMs: 1000 } }))
  const bytes = Buffer.from('漢🐳\n')
  const pieces = [...bytes].map((byte) => traceFrame({ log: { vertex: 'a', text: Buffer.from([byte]) } }))
  t.same(told(read, pieces).lines, ['#1 0.000 漢🐳'])
  t.end()
})

t.test('terminal control sequences are removed', (t) => {
  const cases: [said: string, line: string][] = [
    ['\u001B[1;31mred\u001B[0m', 'red'],
    ['\u001B]0;title\u0007text', 'text'],
    ['\u001B]8;;http://evil\u001B\\link\u001B]8;;\u001B\\', 'link'],
    ['\u001B]0;never ends', ''],
    ['a\u0000b\u0007c\u009Bd', 'abcd'],
    ['tab\tstays', 'tab\tstays'],
    ['10%\r50%\r100%', '100%'],
    ['windows\r', 'windows']
  ]
  for (const [said, line] of cases)
    t.same(told(createClassicReader(), [{ stream: `${said}\n` }]).lines, [line], JSON.stringify(said))
  const started = performance.now()
  told(createClassicReader(), [{ stream: `${'\u001B]'.repeat(200_000)}\n${'\u001B['.repeat(200_000)}\n` }])
  t.ok(performance.now() - started < 10_000, 'and takes no time')
  t.end()
})

t.test('frames of other kinds', (t) => {
  const classic = createClassicReader()
  const said = told(classic, [
    { id: 'abc', status: 'Pulling fs layer', progressDetail: {} },
    { id: 'abc', status: 'Downloading', progressDetail: { current: 1, total: 2 } },
    { status: 'Status: done' }
  ])
  t.same(said.lines, ['abc: Pulling fs layer', 'Status: done'])
  t.throws(() => createBuildKitReader()({ id: 'moby.buildkit.trace', aux: Buffer.from('nonsense').toString('base64') }))
  t.same(createBuildKitReader()({ id: 'something.else', aux: 'x' }), [] satisfies BuildProgress[])
  t.end()
})

type Given = {
  vertex?: { digest: string; name: string; startedMs?: number; completedMs?: number; error?: string }
  log?: { vertex: string; text: string | Buffer }
}

/** As BuildKit writes it. */
function traceFrame({ vertex, log }: Given): ProgressFrame {
  const writer = new BinaryWriter()
  const time = (field: number, ms: number | undefined) => {
    if (ms !== undefined)
      writer
        .uint32((field << 3) | 2)
        .fork()
        .uint32(8)
        .int64(Math.floor(ms / 1000))
        .join()
  }
  if (vertex) {
    writer.uint32(10).fork().uint32(10).string(vertex.digest).uint32(26).string(vertex.name)
    time(5, vertex.startedMs)
    time(6, vertex.completedMs)
    if (vertex.error) writer.uint32(58).string(vertex.error)
    writer.join()
  }
  if (log) {
    writer.uint32(26).fork().uint32(10).string(log.vertex)
    time(2, 1000)
    writer.uint32(34).bytes(Buffer.from(log.text)).join()
  }
  return { id: 'moby.buildkit.trace', aux: Buffer.from(writer.finish()).toString('base64') }
}
