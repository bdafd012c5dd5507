// The contract of engines on a Swarm whose tasks all run on the manager.

import type { Test } from 'tap'
import { createConnection } from '../../src/engine/docker/connection.ts'
import { createSwarmEngine } from '../../src/engine/swarm/engine.ts'
import { archiveContract } from '../contract/engine/archive.ts'
import { containersContract } from '../contract/engine/containers.ts'
import type { Subject } from '../contract/engine/subject.ts'
import { thingsContract } from '../contract/engine/things.ts'
import { watchContract } from '../contract/engine/watch.ts'
import { workloadsContract } from '../contract/engine/workloads.ts'
import { IMAGE, TEST_LABEL } from '../helpers/engine.ts'
import { silentLog } from '../helpers/records.ts'

const LACKS: NonNullable<Subject['lacks']> = {
  'label the volumes of a create': 'a volume is made on the node of the first task',
  'keep a volume that is in use': 'a container that does not run has no task, so nothing uses its volumes',
  'keep a network that is in use': 'a network goes while a service names it and has no task',
  'rename, pause and commit': 'a service has one name, cannot be paused, and is no file system',
  'give one port to several that do not run': 'a port is held from the create on',
  'publish on one address': 'a node publishes on all of its addresses',
  'tell process ids': 'they count on the node only',
  'keep the output of a stopped container': 'it goes with the task',
  'hold files while it does not run': 'they come and go with the task'
}

export async function swarmContract(t: Test, { socket, isFull }: { socket: string; isFull: boolean }): Promise<void> {
  const connection = createConnection({
    candidates: [{ kind: 'socket', path: socket, source: 'test' }],
    log: silentLog
  })
  const engine = createSwarmEngine({
    connection,
    log: silentLog,
    concurrency: 16,
    queue: 1_000,
    changeTimeoutMs: 60_000,
    registryIdleMs: 60_000,
    registryTimeoutMs: 60_000,
    publishMode: 'host',
    refusesNewPrivileges: false
  })
  t.teardown(connection.close)
  await connection.start()
  let port = 30_000
  const subject: Subject = {
    engine,
    image: IMAGE,
    label: { name: TEST_LABEL, value: 'contract' },
    pause: async () => {},
    async write(id, text) {
      const command = ['sh', '-c', `echo ${text} > /proc/1/fd/1`]
      await engine.exec(id, { command, env: {} }, { bytes: 1_000, signal: AbortSignal.timeout(30_000) })
    },
    port: () => port++,
    lacks: LACKS
  }
  await t.test('containers', (t) => containersContract(t, subject))
  if (!isFull) return
  await t.test('workloads', (t) => workloadsContract(t, subject))
  await t.test('files', (t) => archiveContract(t, subject))
  await t.test('volumes, networks and images', (t) => thingsContract(t, subject))
  await t.test('events', (t) => watchContract(t, subject))
}
