import t from 'tap'
import { ownContainerId, ownPlaces } from '../../../src/engine/docker/own-container.ts'

const ID = 'a'.repeat(64)
const FOLDER = `/var/lib/docker/containers/${ID}`

t.test('the container this process runs in', async (t) => {
  t.equal(ownContainerId(`1 2 8:1 ${FOLDER}/hostname /etc/hostname rw,relatime - ext4 /dev/sda1 rw`), ID)
  t.equal(ownContainerId(`1 2 8:1 ${FOLDER}/resolv.conf /etc/resolv.conf rw - ext4 /dev/sda1 rw`), ID)
})

t.test('a workload with shared IPC, whose mount the host shows, is another', async (t) => {
  t.equal(ownContainerId(`1 2 0:52 / ${FOLDER}/mounts/shm rw,nosuid - tmpfs shm rw,size=65536k`), undefined)
  t.equal(ownContainerId('1 2 8:1 / / rw - ext4 /dev/sda1 rw'), undefined)
})

t.test('the volumes mounted here, and the path of the data folder on the machine', async (t) => {
  const root = '1 2 0:50 / / rw - overlay overlay rw'
  const mounted = (source: string, point: string) => `3 1 8:1 ${source} ${point} rw - ext4 /dev/sda1 rw`
  const table: [mounts: string[], folder: string, volumes: string[], dataPath: string][] = [
    [['1 0 8:1 / / rw - ext4 /dev/sda1 rw'], '/srv/berth', [], '/srv/berth'],
    [['1 0 8:1 / / rw - ext4 /dev/sda1 rw', '2 1 8:2 / /srv rw - ext4 /dev/sdb1 rw'], '/srv/berth', [], '/srv/berth'],
    [
      [root, mounted('/var/lib/docker/volumes/berth-data/_data', '/data')],
      '/data',
      ['berth-data'],
      '/var/lib/docker/volumes/berth-data/_data'
    ],
    [[root, mounted('/home/ada/my\\040data', '/data')], '/data/deep', [], '/home/ada/my data/deep'],
    [[root, mounted('/srv/berth', '/data')], '/database', [], '/database']
  ]
  for (const [mounts, folder, volumes, dataPath] of table)
    t.strictSame(ownPlaces(folder, mounts.join('\n')), { volumes, dataPath }, `${folder} in ${mounts.join()}`)
})
