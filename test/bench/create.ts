// Create and start, one after the other and sixteen at a time: through Berth, through the raw Engine API, and with the docker
// CLI. The three take turns, so that all have the same conditions.

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { IMAGE } from '../helpers/engine.ts'
import { API, ENGINE, inTurns, median, ms, must, timed, type Row, type Target } from './harness.ts'

const ROUNDS = 15
const PARALLEL = 16
const PARALLEL_ROUNDS = 5
const COMMAND = ['sleep', '3600']

const run = promisify(execFile)
type Way = () => Promise<string>

/** `firstPort` is the first of the ports that the raw calls and the CLI use; Berth must not give them out. */
export async function benchCreate(berth: Target, firstPort: number): Promise<Row[]> {
  let next = firstPort
  const port = () => String(next++)
  const ways: Record<'berth' | 'raw' | 'cli', Way> = {
    berth: async () =>
      (JSON.parse(await must(berth, 'POST', '/containers', { image: IMAGE, command: COMMAND })) as { full_id: string })
        .full_id,
    raw: () => createRaw(port()),
    cli: async () => {
      const options = [
        '-p',
        `127.0.0.1:${port()}:5000`,
        '--init',
        '--memory',
        '512m',
        '--cpus',
        '1',
        '--pids-limit',
        '256',
        '--security-opt',
        'no-new-privileges',
        '--cap-drop',
        'ALL'
      ]
      return (await run('docker', ['run', '-d', ...options, IMAGE, ...COMMAND])).stdout.trim()
    }
  }

  const times = await inTurns(ways, ROUNDS, async (way) => {
    let id = ''
    const time = await timed(async () => (id = await way()))
    await remove(id)
    return time
  })
  const walls = await inTurns({ berth: ways.berth, raw: ways.raw }, PARALLEL_ROUNDS, async (way) => {
    let ids: string[] = []
    const time = await timed(async () => (ids = await Promise.all(Array.from({ length: PARALLEL }, way))))
    await Promise.all(ids.map(remove))
    return time
  })

  const one = { berth: median(times.berth), raw: median(times.raw), cli: median(times.cli) }
  const ratio = one.berth / one.raw
  const many = { berth: median(walls.berth), raw: median(walls.raw) }
  const throughput = many.raw / many.berth
  const perSecond = (wall: number) => `${((PARALLEL * 1000) / wall).toFixed(1)}/s`
  return [
    {
      what: 'create + start, median',
      ours: ms(one.berth),
      beside: `raw ${ms(one.raw)}`,
      ratio: ratio.toFixed(3),
      aim: '<= 1.05',
      met: ratio <= 1.05
    },
    {
      what: 'create + start, docker CLI',
      ours: ms(one.berth),
      beside: `docker run ${ms(one.cli)}`,
      ratio: (one.berth / one.cli).toFixed(3),
      aim: '',
      met: null
    },
    {
      what: '16 in parallel, throughput',
      ours: perSecond(many.berth),
      beside: `raw ${perSecond(many.raw)}`,
      ratio: throughput.toFixed(3),
      aim: '>= 0.95',
      met: throughput >= 0.95
    }
  ]
}

/** The same container as Berth's, by its two calls. */
async function createRaw(hostPort: string): Promise<string> {
  const body = {
    Image: IMAGE,
    Cmd: COMMAND,
    ExposedPorts: { '5000/tcp': {} },
    HostConfig: {
      PortBindings: { '5000/tcp': [{ HostIp: '127.0.0.1', HostPort: hostPort }] },
      Init: true,
      Memory: 512 * 1024 ** 2,
      MemorySwap: 512 * 1024 ** 2,
      NanoCpus: 1e9,
      PidsLimit: 256,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } }
    }
  }
  const { Id: id } = JSON.parse(await must(ENGINE, 'POST', `${API}/containers/create`, body)) as { Id: string }
  await must(ENGINE, 'POST', `${API}/containers/${id}/start`)
  return id
}

async function remove(id: string): Promise<void> {
  await must(ENGINE, 'DELETE', `${API}/containers/${id}?force=1`)
}
