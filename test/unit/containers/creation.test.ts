import t from 'tap'
import { createCreation } from '../../../src/containers/creation.ts'
import type { ContainerRecord, ContainerSpec } from '../../../src/engine/contract/containers.ts'
import { AppError } from '../../../src/errors.ts'
import { createMemoryEngine } from '../../helpers/memory-engine.ts'
import { container } from '../../helpers/records.ts'

/** An engine with a foreign container, and a create that gets another answer than the engine gave. */
function creationAnsweredWith(answer: (id: string, foreign: string) => string) {
  const engine = createMemoryEngine()
  const foreign = engine.add({ name: 'foreign' })
  const create = engine.createContainer
  engine.createContainer = async (...args) => {
    const made = await create(...args)
    return { ...made, id: answer(made.id, foreign.id) }
  }
  const refresh = (id: string): Promise<ContainerRecord | undefined> => engine.inspectContainer(id)
  return { engine, foreign, creation: createCreation({ engine, inventory: { refresh } }) }
}

const spec: ContainerSpec = {
  image: 'base-api-server:latest',
  env: {},
  labels: { 'io.berth.attempt': 'one' },
  limits: container().limits,
  restart: 'no',
  volumes: [],
  ports: []
}
const idOfWeb = (engine: ReturnType<typeof createMemoryEngine>) =>
  engine.records().find(({ name }) => name === 'web')?.id

t.test('the container has the id that the engine answered', async (t) => {
  const { engine, creation } = creationAnsweredWith((id) => id)
  t.equal((await creation('one', 'web', spec)).id, idOfWeb(engine))
})

t.test('the container is found by its label if the answer is lost or names another container', async (t) => {
  const lost = () => {
    throw new AppError('ENGINE_TIMEOUT', 'no answer')
  }
  for (const answer of [lost, (_id: string, foreign: string) => foreign]) {
    const { engine, creation } = creationAnsweredWith(answer)
    t.equal((await creation('one', 'web', spec)).id, idOfWeb(engine))
  }
})

t.test('the answer is uncertain if the list names another container, too', async (t) => {
  const { engine, foreign, creation } = creationAnsweredWith((_id, other) => other)
  engine.listContainers = async () => [{ id: foreign.id, name: foreign.name, state: 'running', health: null }]
  await t.rejects(creation('one', 'web', spec), { code: 'ENGINE_ANSWER_INVALID' })
})

t.test('any failure to inspect it makes the outcome uncertain', async (t) => {
  const { engine, creation } = creationAnsweredWith((id) => id)
  engine.inspectContainer = async () => {
    throw new AppError('INVALID_REQUEST', 'the engine does not like it')
  }
  await t.rejects(creation('one', 'web', spec), { code: 'ENGINE_ANSWER_INVALID' })
})
