import t, { type Test } from 'tap'
import { openStore } from '../../../src/store/sqlite/open.ts'
import { storeContract } from './contract.ts'

function open(t: Test, dataDir: string) {
  const store = openStore(dataDir)
  t.teardown(() => store.close())
  return store
}

await t.test('a store in memory', (t) => storeContract(t, (t) => open(t, ':memory:')))
// Each store has its own folder, below that of the test.
let count = 0
await t.test('a store in a folder', (t) => storeContract(t, (t) => open(t, `${t.testdir({})}/${++count}`)))
