import t from 'tap'
import { Container } from '../../src/containers/schemas.ts'
import { createValidator } from '../../src/lib/validator.ts'
import { build, problem } from '../helpers/build.ts'
import { createMemoryEngine } from '../helpers/memory-engine.ts'
import { binding } from '../helpers/records.ts'

const names = (answer: { json(): { name: string }[] }) => answer.json().map(({ name }) => name)

t.test('GET /containers without containers', async (t) => {
  const { get } = await build(t)
  const answer = await get('/containers')
  t.strictSame(answer.json(), [])
  t.equal(answer.headers['x-total-count'], '0')
  t.notOk('x-next-cursor' in answer.headers)
})

t.test('GET /containers', async (t) => {
  const engine = createMemoryEngine()
  engine.add({ name: 'foreign', image: 'nginx:1', ports: [binding(80, 80)], labels: { team: 'blue' } })
  const { get, make, post } = await build(t, { engine })
  await make({ name: 'web', labels: { team: 'red', tier: 'front' } })
  await make({ name: 'worker', labels: { team: 'red' } })
  await post('/containers/worker/stop')

  t.test('shows all of the engine, newest first, with the fields of the first system', async (t) => {
    const answer = await get('/containers')
    t.strictSame(names(answer), ['worker', 'web', 'foreign'])
    t.equal(answer.headers['x-total-count'], '3')
    for (const container of answer.json()) {
      t.match(container, {
        id: /^[0-9a-f]{12}$/,
        name: String,
        status: String,
        image: String,
        ports: Object,
        created: String,
        state: String
      })
      t.notOk('stale' in container, 'which exists only while the engine is unreachable')
    }
  })

  t.test('filters', async (t) => {
    const table: [query: string, found: string[]][] = [
      ['state=running', ['web', 'foreign']],
      ['state=exited', ['worker']],
      ['managed=true', ['worker', 'web']],
      ['managed=false', ['foreign']],
      ['name=w', ['worker', 'web']],
      ['image=nginx', ['foreign']],
      ['label=team', ['worker', 'web', 'foreign']],
      ['label=team=red', ['worker', 'web']],
      ['label=team%3Dred&label=tier', ['web']],
      ['state=running&label=team=red', ['web']],
      ['name=nobody', []]
    ]
    for (const [query, found] of table) t.strictSame(names(await get(`/containers?${query}`)), found, query)
  })

  t.test('in pages', async (t) => {
    const first = await get('/containers?limit=2')
    t.strictSame(names(first), ['worker', 'web'])
    t.equal(first.headers['x-total-count'], '3')
    const cursor = String(first.headers['x-next-cursor'])
    const second = await get(`/containers?limit=2&cursor=${cursor}`)
    t.strictSame(names(second), ['foreign'])
    t.notOk('x-next-cursor' in second.headers)
  })

  t.test('refuses an unknown parameter by name', async (t) => {
    const table: [query: string, field: string][] = [
      ['state=sleeping', 'state'],
      ['managed=perhaps', 'managed'],
      ['limit=0', 'limit'],
      ['limit=1001', 'limit'],
      ['limit=ten', 'limit'],
      ['cursor=nonsense', 'cursor']
    ]
    for (const [query, field] of table) {
      const body = problem(t, await get(`/containers?${query}`), 400, 'INVALID_REQUEST')
      t.match(body.errors, [{ field }], query)
    }
  })
})

t.test('GET /containers/running', async (t) => {
  const { get, make, post } = await build(t)
  await make({ name: 'web' })
  await make({ name: 'worker' })
  await post('/containers/worker/stop')
  t.strictSame(names(await get('/containers/running')), ['web'])
})

t.test(
  'the list shows each container as GET /containers/{id} does, whatever has changed since the last list',
  async (t) => {
    const { get, ask, post, make, engine } = await build(t)
    const isContainer = createValidator([Container]).strict(Container)
    await make({ name: 'web', ttl_seconds: 60 })
    await make({ name: 'worker' })
    const changes: [what: string, change: () => unknown][] = [
      ['nothing', () => {}],
      ['a stop', () => post('/containers/web/stop')],
      ['another end date', () => ask('PATCH', '/containers/web', { payload: { ttl_seconds: 3600 } })],
      ['no end date', () => ask('PATCH', '/containers/web', { payload: { ttl_seconds: null } })],
      ['one more', () => make({ name: 'third' })],
      ['one less', () => ask('DELETE', '/containers/worker?force=true')],
      ['the engine going away', () => engine.goAway()]
    ]
    for (const [what, change] of changes) {
      await change()
      for (const query of ['', '?limit=10']) {
        const list = (await get(`/containers${query}`)).json()
        t.ok(list.length > 0)
        for (const { age_ms: _listed, ...container } of list) {
          const { age_ms: _asked, ...alone } = (await get(`/containers/${container.id}`)).json()
          t.strictSame(container, alone, `${what}, ${query}`)
          t.ok(isContainer(container), JSON.stringify(isContainer.errors))
        }
      }
    }
  }
)
