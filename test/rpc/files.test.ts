import t from 'tap'
import { all, buildRpc, refusal } from '../helpers/grpc.ts'

const EXEC = { env: { BERTH_EXEC: 'true' } }

async function* of<T>(...messages: T[]) {
  yield* messages
}

const text = (pieces: { content: Uint8Array }[]) => Buffer.concat(pieces.map(({ content }) => content)).toString()

t.test('files are written in pieces, listed, read in pieces and removed', async (t) => {
  const { docker } = await buildRpc(t, EXEC)
  await docker.runDockerContainer({ name: 'web' })
  t.match(await docker.makeDockerFolder({ name: 'web', path: '/tmp/d', mode: '700' }), { kind: 'folder', mode: '0700' })
  const place = { name: 'web', path: '/tmp/d/f' }
  const written = await docker.writeDockerFile(
    of({ ...place, size: 10n, uid: 7, content: Buffer.from('0123') }, { content: Buffer.from('456789') })
  )
  t.match(written, { path: '/tmp/d/f', size: 10n, uid: 7, replaced: false })
  t.match(await docker.listDockerFiles({ name: 'web', path: '/tmp/d' }), {
    path: '/tmp/d',
    complete: true,
    entries: [{ name: 'f', kind: 'file', size: 10n, uid: 7 }]
  })
  const pieces = await all(docker.readDockerFile({ ...place, offset: 3n, length: 4n }))
  t.match(pieces[0], { size: 10n, etag: /"/ })
  t.equal(text(pieces), '3456')
  t.match(text(await all(docker.downloadDockerFiles({ name: 'web', path: '/tmp/d' }))), /d\/f[^]*0123456789/)
  t.match(await docker.removeDockerFile(place), { success: true, path: '/tmp/d/f' })
  t.match(await refusal(all(docker.readDockerFile(place))), { status: 'NotFound', reason: 'FILE_NOT_FOUND' })
})

t.test('names may have any bytes', async (t) => {
  const { docker } = await buildRpc(t, EXEC)
  await docker.runDockerContainer({ name: 'web' })
  const place = { name: 'web', pathBytes: Buffer.from('/tmp/\u00ff', 'latin1') }
  await docker.writeDockerFile(of({ ...place, size: 1n, content: Buffer.from('x') }))
  t.equal(text(await all(docker.readDockerFile(place))), 'x')
})

t.test('an upload that differs from its announced size leaves the old file', async (t) => {
  const { docker } = await buildRpc(t, EXEC)
  await docker.runDockerContainer({ name: 'web' })
  const place = { name: 'web', path: '/tmp/f' }
  await docker.writeDockerFile(of({ ...place, size: 3n, content: Buffer.from('old') }))
  const invalid = { status: 'InvalidArgument' }
  const piece = { content: Buffer.from('new') }
  t.match(await refusal(docker.writeDockerFile(of({ ...place, size: 4n, ...piece }))), invalid)
  t.match(await refusal(docker.writeDockerFile(of({ ...place, ...piece }))), { ...invalid, fields: ['size'] })
  t.match(await refusal(docker.writeDockerFile(of({ ...place, size: 3n }, { name: 'web', ...piece }))), {
    ...invalid,
    fields: ['name']
  })
  t.match(await refusal(docker.writeDockerFile(of())), invalid)
  t.equal(text(await all(docker.readDockerFile(place))), 'old')
  const { entries } = await docker.listDockerFiles({ name: 'web', path: '/tmp' })
  t.strictSame(
    entries.map(({ name }) => name),
    ['f']
  )
})
