// One contract for all engines.

import type { Test } from 'tap'
import { archiveContract } from './archive.ts'
import { containersContract } from './containers.ts'
import type { Subject } from './subject.ts'
import { thingsContract } from './things.ts'
import { watchContract } from './watch.ts'
import { workloadsContract } from './workloads.ts'

export async function engineContract(t: Test, subject: Subject): Promise<void> {
  await t.test('containers', (t) => containersContract(t, subject))
  await t.test('workloads', (t) => workloadsContract(t, subject))
  await t.test('files', (t) => archiveContract(t, subject))
  await t.test('volumes, networks and images', (t) => thingsContract(t, subject))
  await t.test('events', (t) => watchContract(t, subject))
}
