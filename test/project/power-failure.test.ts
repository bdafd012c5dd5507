// Acknowledged changes are on the disk: the real server on its own disk, in the state that a power failure would leave.

import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { openStore } from '../../src/store/sqlite/open.ts'
import { runBare } from '../helpers/bare-server.ts'
import { canMount, makeDisk } from '../helpers/disk.ts'
import { buildForm, FORM_TYPE } from '../helpers/form.ts'
import { freePort } from '../helpers/port-ranges.ts'

const skip = canMount() ? false : 'this user may not mount a disk that lies in a file'
const DOCKERFILE = 'FROM scratch\nLABEL answered=yes\n'

async function serve(t: Parameters<typeof runBare>[0], dataDir: string) {
  const port = freePort()
  const server = runBare(t, { BERTH_PORT: String(port), BERTH_DATA_DIR: dataDir })
  await server.up()
  return async (path: string, body: string | Buffer, type = 'application/json') => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
      method: 'POST',
      headers: { 'content-type': type },
      body
    })
    return { status: answer.status, body: (await answer.json()) as { id: string; code?: string } }
  }
}

t.test('an acknowledged change survives a power failure', { skip }, async (t) => {
  const disk = makeDisk(t, 64)
  const post = await serve(t, join(disk.folder, 'data'))
  const trailOf = (folder: string) => readFileSync(join(folder, 'audit.jsonl'), 'utf8').trim().split('\n')

  for (let round = 1; round <= 3; round++) {
    const build = await post('/builds', buildForm(DOCKERFILE, { image_name: 'web' }), FORM_TYPE)
    t.equal(build.status, 202)
    const left = join(disk.afterPowerFailure(), 'data')
    const store = openStore(left)
    t.match(JSON.parse((await store.builds.get(build.body.id)) ?? '{}'), { id: build.body.id }, 'the build')
    t.match(readFileSync(join(left, 'builds', build.body.id, 'context.tar'), 'utf8'), DOCKERFILE, 'its context')
    t.match(
      await store.audit.find({}, 1),
      [{ action: 'createBuild', outcome: 'succeeded', object: build.body.id }],
      'its entry'
    )
    t.equal(trailOf(left).length, round * 2, 'and its lines')
    store.close()
  }

  const token = await post('/tokens', JSON.stringify({ name: 'me', scopes: ['admin'] }))
  t.equal(token.status, 201)
  const left = join(disk.afterPowerFailure(), 'data')
  const store = openStore(left)
  t.match(await store.tokens.all(), [{ id: token.body.id, name: 'me' }], 'the token')
  t.match(await store.audit.find({}, 1), [{ action: 'createToken', outcome: 'succeeded' }])
  t.equal(statSync(join(left, 'secret.key')).size, 32, 'the key that opens the builds')
  store.close()
})

t.test('an expiry and an intent survive once the store confirms them', { skip }, async (t) => {
  const disk = makeDisk(t, 32)
  const dataDir = join(disk.folder, 'data')
  const store = openStore(dataDir)
  t.teardown(store.close)
  await store.expiries.set('web', 1234)
  await store.intents.add('one', 1)
  const lost = openStore(join(disk.afterPowerFailure(), 'data'))
  t.strictSame(await lost.intents.all(), [], 'before that it promises nothing')
  lost.close()
  await store.flush()
  const left = openStore(join(disk.afterPowerFailure(), 'data'))
  t.match(await left.expiries.all(), [{ containerId: 'web', expiresAt: 1234 }])
  t.match(await left.intents.all(), [{ attempt: 'one' }])
  left.close()
})
