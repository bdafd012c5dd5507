import t from 'tap'
import { makeFolder } from '../../helpers/folder.ts'
import { openServer, startPostgres } from '../../helpers/postgres.ts'
import { storeContract } from './contract.ts'

const postgres = await startPostgres(t)

await storeContract(t, async (t) => {
  const store = await openServer(await postgres.empty(), makeFolder('data'))
  t.teardown(() => store.close())
  return store
})
