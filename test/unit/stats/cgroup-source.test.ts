// The source against a made-up machine: /proc and /sys/fs/cgroup as folders.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { createCgroupSource } from '../../../src/stats/cgroup-source.ts'
import { container, idOf } from '../../helpers/records.ts'

const ID = idOf('web')
const OTHER = idOf('other')
const PID = 4711

const NET_DEV = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:     900       9    0    0    0     0          0         0      900       9    0    0    0     0       0          0
  eth0:     516       6    0    0    0     0          0         0       70       1    0    0    0     0       0          0
`

const FOUND = {
  cpuNs: 50_982_600,
  memoryUsage: 8_957_952,
  inactiveFile: 4_096,
  cache: 8_396_800,
  pids: 3,
  blockReadBytes: 4_096,
  blockWriteBytes: 8_192,
  networks: { eth0: { rxBytes: 516, txBytes: 70 } }
}

type Machine = ReturnType<typeof machine>

function machine(t: Test) {
  const root = t.testdir({ proc: {}, cgroup: {} })
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  return {
    write,
    remove: (path: string) => rmSync(join(root, path), { recursive: true }),
    process(pid: number, cgroup: string) {
      write(`proc/${pid}/cgroup`, cgroup)
      write(`proc/${pid}/net/dev`, NET_DEV)
    },
    source: createCgroupSource({ procDir: join(root, 'proc'), cgroupDir: join(root, 'cgroup') })
  }
}

/** The layout of Docker with cgroupfs on cgroup v1; systemd mounts cpu and cpuacct together. */
function v1({ write, process }: Machine, { id = ID, pid = PID, cpu = 'cpu,cpuacct' } = {}) {
  const path = `/docker/${id}`
  process(
    pid,
    ['12:pids', '9:memory', `4:${cpu}`, '3:blkio', '2:cpuset,devices', '1:name=systemd', '0:']
      .map((line) => `${line}:${path}\n`)
      .join('')
  )
  write(`cgroup/${cpu}${path}/cpuacct.usage`, `${FOUND.cpuNs}\n`)
  write(`cgroup/memory${path}/memory.usage_in_bytes`, `${FOUND.memoryUsage}\n`)
  write(
    `cgroup/memory${path}/memory.stat`,
    `cache 1\ninactive_file 2\ntotal_cache ${FOUND.cache}\ntotal_inactive_file ${FOUND.inactiveFile}\n`
  )
  write(`cgroup/pids${path}/pids.current`, `${FOUND.pids}\n`)
  write(`cgroup/blkio${path}/blkio.bfq.io_service_bytes_recursive`, 'Total 0\n')
  write(
    `cgroup/blkio${path}/blkio.throttle.io_service_bytes_recursive`,
    '8:0 Read 4096\n8:0 Write 8192\n8:0 Total 12288\nTotal 12288\n'
  )
}

/** `path` is the folder of the group, `shown` its path in /proc. */
function v2({ write, process }: Machine, path = `/system.slice/docker-${ID}.scope`, shown = path) {
  process(PID, `0::${shown}\n`)
  write(`cgroup${path}/cpu.stat`, `usage_usec ${FOUND.cpuNs / 1000}\nuser_usec 1\nsystem_usec 2\n`)
  write(`cgroup${path}/memory.current`, `${FOUND.memoryUsage}\n`)
  write(`cgroup${path}/memory.stat`, `anon 53248\nfile ${FOUND.cache}\ninactive_file ${FOUND.inactiveFile}\n`)
  write(`cgroup${path}/pids.current`, `${FOUND.pids}\n`)
  write(`cgroup${path}/io.stat`, '8:0 rbytes=4096 wbytes=8192 rios=1 wios=2 dbytes=0 dios=0\n')
}

const record = (given = {}) => container({ id: ID, pid: PID, ...given })

t.test('cgroup v1', async (t) => {
  const made = machine(t)
  v1(made)
  t.match(made.source.read(record()), FOUND)
})

t.test('cgroup v1 with every controller mounted separately', async (t) => {
  const made = machine(t)
  v1(made, { cpu: 'cpuacct' })
  t.match(made.source.read(record()), FOUND)
})

t.test('the scheduler that counts block I/O is asked first', async (t) => {
  const made = machine(t)
  v1(made)
  made.write(`cgroup/blkio/docker/${ID}/blkio.bfq.io_service_bytes_recursive`, '8:0 Read 11\n8:0 Write 22\n')
  t.match(made.source.read(record()), { blockReadBytes: 11, blockWriteBytes: 22 })
})

t.test('cgroup v2', async (t) => {
  for (const path of [
    `/system.slice/docker-${ID}.scope`,
    `/docker/${ID}`,
    `/machine.slice/libpod-${ID}.scope/container`
  ]) {
    const made = machine(t)
    v2(made, path)
    t.match(made.source.read(record()), FOUND, path)
  }
})

t.test('cgroup v2 without the io controller', async (t) => {
  const made = machine(t)
  v2(made)
  made.remove(`cgroup/system.slice/docker-${ID}.scope/io.stat`)
  t.match(made.source.read(record()), { ...FOUND, blockReadBytes: 0, blockWriteBytes: 0 })
})

t.test('cgroup v2, seen from a container with a cgroup namespace of its own', async (t) => {
  const cases = [
    { path: `/system.slice/docker-${ID}.scope`, shown: `/../docker-${ID}.scope` },
    { path: `/docker/${ID}`, shown: `/../${ID}` },
    { path: `/other.slice/docker-${ID}.scope`, shown: `/../../other.slice/docker-${ID}.scope` }
  ]
  for (const { path, shown } of cases) {
    const made = machine(t)
    v2(made, path, shown)
    t.match(made.source.read(record()), FOUND, shown)
  }
})

t.test('each reading has its own time, on the monotonic clock', async (t) => {
  const made = machine(t)
  v1(made)
  const start = performance.now()
  const first = made.source.read(record())
  const second = made.source.read(record())
  if (!first || !second || first instanceof Promise || second instanceof Promise) throw new Error('no reading')
  t.ok(start <= first.readAt && first.readAt < second.readAt && second.readAt <= performance.now())
  t.equal(first.clockNs, first.readAt * 1e6)
})

t.test('statistics are read again each time', async (t) => {
  const made = machine(t)
  v1(made)
  void made.source.read(record())
  made.write(`cgroup/memory/docker/${ID}/memory.usage_in_bytes`, '7\n')
  t.match(made.source.read(record()), { memoryUsage: 7 })
})

t.test('a container in the network of the machine has no traffic of its own', async (t) => {
  const made = machine(t)
  v1(made)
  t.match(made.source.read(record({ hostNetwork: true })), { networks: {}, cpuNs: FOUND.cpuNs })
})

t.test('a process of another container is never taken for this one', async (t) => {
  const made = machine(t)
  v1(made, { id: OTHER })
  t.equal(made.source.read(record()), undefined, 'the PID belongs to another container')
  made.process(PID, '0::/init.scope\n')
  t.equal(made.source.read(record()), undefined, 'or to the machine')
})

t.test('after a restart the new process is read', async (t) => {
  const made = machine(t)
  v1(made)
  void made.source.read(record())
  v1(made, { pid: 815 })
  made.remove(`proc/${PID}`)
  made.write(`proc/815/net/dev`, NET_DEV.replace('516', '99'))
  t.match(made.source.read(record({ pid: 815 })), { networks: { eth0: { rxBytes: 99 } } })
})

t.test('a container that exits between two readings has no data, and can come back', async (t) => {
  for (const gone of [`proc/${PID}`, `cgroup/memory/docker/${ID}`]) {
    const made = machine(t)
    v1(made)
    t.ok(made.source.read(record()))
    made.remove(gone)
    t.equal(made.source.read(record()), undefined, gone)
    v1(made)
    t.ok(made.source.read(record()), 'and it is found again')
  }
})

t.test('its PID went to another process while its group is gone', async (t) => {
  const made = machine(t)
  v1(made)
  t.ok(made.source.read(record()))
  for (const controller of ['memory', 'pids', 'blkio', 'cpu,cpuacct']) made.remove(`cgroup/${controller}/docker/${ID}`)
  v1(made, { id: OTHER })
  t.equal(made.source.read(record()), undefined)
  t.equal(made.source.read(record()), undefined)
})

t.test('unreadable files mean no data', async (t) => {
  const made = machine(t)
  t.equal(made.source.read(record()), undefined, 'no such process')
  t.equal(made.source.read(record({ pid: null })), undefined, 'the engine names no process')
  made.process(PID, `0::/docker/${ID}\n`)
  t.equal(made.source.read(record()), undefined, 'the groups are not mounted')
  made.process(PID, `4:memory:/docker/${ID}\n`)
  t.equal(made.source.read(record()), undefined, 'a controller is missing')
})

t.test('a forgotten container is looked up again', async (t) => {
  const made = machine(t)
  v1(made)
  void made.source.read(record())
  made.process(PID, '0::/init.scope\n')
  made.source.forget(ID)
  t.equal(made.source.read(record()), undefined)
})
