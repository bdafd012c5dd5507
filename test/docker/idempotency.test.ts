import { randomUUID } from 'node:crypto'
import t from 'tap'
import { portsOf, SLEEPER, startServer } from '../helpers/server.ts'

const ports = portsOf('idempotency')
const [one, two] = await Promise.all([startServer(t, { ports }), startServer(t, { ports })])
t.afterEach(async () => {
  await one.removeAll()
  await two.removeAll()
})
const withKey = (key: string) => ({ headers: { 'idempotency-key': key } })

t.test('twenty concurrent requests with one key create one container', async (t) => {
  const key = randomUUID()
  const body = { command: SLEEPER, env: { A: '1', B: '2' } }
  const answers = await Promise.all(Array.from({ length: 20 }, () => one.create(body, withKey(key))))
  t.equal(new Set(answers.map((answer) => answer.body.full_id)).size, 1)
  t.equal(answers.filter(({ status }) => status === 201).length, 1, 'one made it')
  t.equal(answers.filter(({ status, body: { replayed } }) => status === 200 && replayed).length, 19)
  t.equal((await one.inEngine()).length, 1)

  const reordered = await one.create({ env: { B: '2', A: '1' }, command: SLEEPER }, withKey(key))
  t.match(reordered, { status: 200, body: { replayed: true } }, 'the order of the fields does not matter')
  const other = await one.create({ ...body, memory: 2 ** 26 }, withKey(key))
  t.match(other, { status: 422, body: { code: 'IDEMPOTENCY_KEY_REUSED' } })
  t.equal((await one.inEngine()).length, 1)
})

t.test('different bodies with one key at the same time', async (t) => {
  const key = randomUUID()
  const answers = await Promise.all(
    [1, 2, 3].map((n) => one.create({ command: SLEEPER, env: { N: `${n}` } }, withKey(key)))
  )
  t.same(answers.map(({ status }) => status).sort(), [201, 422, 422])
  t.equal((await one.inEngine()).length, 1)
})

t.test('a key whose request failed can be used again', async (t) => {
  const key = randomUUID()
  const failed = await one.create({ command: ['sh', '-c', 'exit 1'], wait: 'port' }, withKey(key))
  t.match(failed, { status: 422, body: { code: 'CONTAINER_EXITED' } })
  t.equal((await one.create({ command: SLEEPER }, withKey(key))).status, 201)
})

t.test('the key creates a new container after a removal', async (t) => {
  const key = randomUUID()
  const first = await one.create({ command: SLEEPER }, withKey(key))
  await one.delete(`/containers/${first.body.id}?force=true`)
  const second = await one.create({ command: SLEEPER }, withKey(key))
  t.equal(second.status, 201)
  t.not(second.body.id, first.body.id)
})

t.test('one key on two servers returns one container', async (t) => {
  for (let round = 1; round <= 3; round++) {
    const key = randomUUID()
    const labels = { 'berth.test': one.mark }
    const ask = (server: typeof one) =>
      server.post<{ full_id: string }>('/containers', { command: SLEEPER, labels }, withKey(key))
    const answers = await Promise.all([one, two, one, two].map(ask))
    t.ok(
      answers.every(({ status }) => status === 200 || status === 201),
      answers.map(({ status, text }) => `${status} ${text.slice(0, 300)}`).join('\n')
    )
    t.equal(new Set(answers.map(({ body }) => body.full_id)).size, 1)
    t.equal((await one.inEngine()).length, round)
  }
})

t.test('a name taken by another is refused, with or without a key', async (t) => {
  const name = `berth-test-${randomUUID().slice(0, 8)}`
  t.equal((await one.create({ name, command: SLEEPER })).status, 201)
  const answer = await one.create({ name, command: SLEEPER }, withKey(randomUUID()))
  t.match(answer, { status: 409, body: { code: 'CONTAINER_NAME_TAKEN' } })
})
