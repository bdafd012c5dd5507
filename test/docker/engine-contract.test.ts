// The contract of engines on the real one. `npm run test:engines` runs it on the others.

import t from 'tap'
import { createConnection } from '../../src/engine/docker/connection.ts'
import { createDockerEngine } from '../../src/engine/docker/engine.ts'
import { engineContract } from '../contract/engine/contract.ts'
import type { Subject } from '../contract/engine/subject.ts'
import { docker, IMAGE, pause, removeAllOf, removeLeftOvers, SOCKET, TEST_LABEL } from '../helpers/engine.ts'
import { prepareImage } from '../helpers/images.ts'
import { portsOf } from '../helpers/port-ranges.ts'
import { silentLog } from '../helpers/records.ts'

const mark = `${process.pid}-contract`
const connection = createConnection({
  candidates: [{ kind: 'socket', path: SOCKET, source: 'test' }],
  log: silentLog
})
const engine = createDockerEngine({
  connection,
  log: silentLog,
  concurrency: 16,
  queue: 1_000,
  changeTimeoutMs: 60_000,
  registryIdleMs: 60_000,
  registryTimeoutMs: 60_000
})
const { first } = portsOf('engineContract')
let used = 0

/** Podman 5.8. Berth itself checks for users of a network and for read-only mounts before its calls. */
const PODMAN: Subject['lacks'] = {
  'tell the owners of files': 'its archives say 0 for every owner',
  'read a link as a link': 'its archives hold what a link leads to',
  'take names of any bytes': 'it does not find names that are no UTF-8',
  'keep read-only what is mounted so': 'before the first start it writes beside the mount',
  'label the volumes of a create': 'it makes them without labels',
  'keep a network that is in use': 'asked by id, it removes the network all the same'
}

await prepareImage()
await removeLeftOvers()
await connection.start()
await engineContract(t, {
  engine,
  image: IMAGE,
  label: { name: TEST_LABEL, value: mark },
  pause: (id) => pause(docker.getContainer(id)),
  async write(id, text) {
    const command = ['sh', '-c', `echo ${text} > /proc/1/fd/1`]
    await engine.exec(id, { command, env: {} }, { bytes: 1_000, signal: AbortSignal.timeout(30_000) })
  },
  port: () => first + used++,
  ...(connection.isPodman() && { lacks: PODMAN })
})
await removeAllOf(mark)
connection.close()
