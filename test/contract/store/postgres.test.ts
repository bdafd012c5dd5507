import t from 'tap'
import { makeFolder } from '../../helpers/folder.ts'
import { openServer, startPostgres } from '../../helpers/postgres.ts'
import { storeContract } from './contract.ts'

const postgres = await startPostgres(t)

await storeContract(t, async (t) => openServer(t, await postgres.empty(), makeFolder('data')))
