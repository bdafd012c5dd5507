import t from 'tap'
import { ownContainerId } from '../../../src/engine/docker/own-container.ts'

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
