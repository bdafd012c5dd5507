// One contract for all stores.

import type { Test } from 'tap'
import type { Store } from '../../../src/store/contract/store.ts'
import { auditContract } from './audit.ts'
import { buildFilesContract } from './build-files.ts'
import { buildsContract } from './builds.ts'
import { rowsContract } from './rows.ts'

/** Opens an empty store. */
export type Open = (t: Test) => Store | Promise<Store>

export async function storeContract(t: Test, open: Open): Promise<void> {
  await t.test('intents, expiries, names of images and tokens', (t) => rowsContract(t, open))
  await t.test('builds', (t) => buildsContract(t, open))
  await t.test('the contexts and logs of builds', (t) => buildFilesContract(t, open))
  await t.test('the audit trail', (t) => auditContract(t, open))
}
