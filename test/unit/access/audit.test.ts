import t from 'tap'
import { createAudit, type AuditSubject } from '../../../src/access/audit.ts'
import { openStore } from '../../../src/store/sqlite/open.ts'
import { callerWith } from '../../helpers/tokens.ts'

const log = { error() {} }
const subject: AuditSubject = {
  caller: callerWith({}),
  peer: { address: '10.0.0.1', door: 'grpc' },
  scope: 'admin',
  action: 'removeContainer',
  object: 'web',
  requestId: 'r'
}

t.test('refusals are recorded up to a limit per minute, and the rest are counted', async (t) => {
  const { audit: table, flush, close } = openStore(':memory:')
  t.teardown(close)
  let now = 100_000
  const audit = createAudit({ table, flush, file: undefined, log, now: () => now })
  for (let count = 0; count < 500; count++) void audit.refused(subject, 'FORBIDDEN')
  t.equal((await audit.find({}, 1000)).length, 20)
  now += 60_000
  await audit.refused(subject, 'FORBIDDEN')
  t.match(await audit.find({}, 2), [{ code: 'FORBIDDEN' }, { action: 'refusalsLeftOut', object: '480', code: null }])
  await (await audit.attempt(subject)).end(null)
  t.equal((await audit.find({ outcome: 'succeeded' }, 10)).length, 1, 'changes are not counted')
})

t.test('a clock set back keeps no refusal out of the trail', async (t) => {
  const { audit: table, flush, close } = openStore(':memory:')
  t.teardown(close)
  let now = 7_200_000
  const audit = createAudit({ table, flush, file: undefined, log, now: () => now })
  for (let count = 0; count < 25; count++) void audit.refused(subject, 'FORBIDDEN')
  now = 3_600_000
  await audit.refused(subject, 'UNAUTHORIZED')
  t.match(await audit.find({}, 1), [{ code: 'UNAUTHORIZED' }])
})

t.test('refusals cannot displace changes', async (t) => {
  const { audit: table, flush, close } = openStore(':memory:')
  t.teardown(close)
  const audit = createAudit({ table, flush, file: undefined, log })
  await (await audit.attempt(subject)).end(null)
  for (let count = 0; count < 15; count++) void audit.refused(subject, 'FORBIDDEN')
  await table.keep({ refusals: 5, others: 10 })
  t.equal((await audit.find({ outcome: 'refused' }, 100)).length, 5)
  t.equal((await audit.find({}, 100)).length, 7)
  await table.keep({ refusals: 5, others: 1 })
  t.match((await audit.find({}, 100)).at(-1), { outcome: 'succeeded' })
})

t.test('the rows of the table cannot be rewritten', async (t) => {
  const dataDir = t.testdir({})
  const store = openStore(dataDir)
  const audit = createAudit({ table: store.audit, flush: store.flush, file: undefined, log })
  await (await audit.attempt(subject)).end(null)
  store.close()
  const { DatabaseSync } = await import('node:sqlite')
  const db = new DatabaseSync(`${dataDir}/berth.db`)
  t.throws(() => db.exec("UPDATE audit SET caller = 'somebody else'"), { message: /only added to/ })
  db.close()
})

t.test('refusals without a token do not hide refusals of tokens', async (t) => {
  const { audit: table, flush, close } = openStore(':memory:')
  t.teardown(close)
  const audit = createAudit({ table, flush, file: undefined, log })
  const nobody = callerWith({ name: 'nobody', tokenId: null, scopes: [] })
  for (let count = 0; count < 500; count++) await audit.refused({ ...subject, caller: nobody }, 'UNAUTHORIZED')
  await audit.refused(subject, 'FORBIDDEN')
  t.equal((await audit.find({ caller: 'ci' }, 10)).length, 1)
  t.equal((await audit.find({ caller: 'nobody' }, 100)).length, 20)
})
