// The stack of the repository on a real Swarm: its server reaches the inside of containers on other nodes, and only through
// agents.

import { randomBytes } from 'node:crypto'
import https from 'node:https'
import t from 'tap'
import { createClient } from '../../src/client/index.ts'
import { AGENT_NAME } from '../../src/engine/swarm/agents.ts'
import { readCertificates } from '../../src/lib/certificates.ts'
import { eventually } from '../helpers/engine.ts'
import { openTerminal } from '../helpers/terminal.ts'
import { noSwarm, startLab } from './lab.ts'
import { AGENT_PORT, createStack, loadImage } from './stack.ts'

/** Far above the usual time, and far below the timeouts of the calls. */
const AT_ONCE_MS = 15_000

t.test('agents on a Swarm', { skip: noSwarm }, async (t) => {
  const lab = startLab(t, { nodes: 2 })
  const [worker] = lab.workers
  if (!worker) throw new Error('the lab has workers')
  await loadImage(lab)
  const token = randomBytes(32).toString('hex')
  const stack = createStack(t, lab, {
    BERTH_HOST: lab.manager.address,
    BERTH_TLS_TERMINATED: 'true',
    BERTH_TOKEN: token,
    BERTH_EXEC: 'true'
  })
  stack.deploy()
  const url = `http://${lab.manager.address}:8000`
  const berth = createClient({ url, token, tries: 1 })
  await eventually(() => berth.listContainers())
  const id = 'far'
  const run = (command: string[], stdin?: string) =>
    berth.execInContainer({ id, body: { command, ...(stdin !== undefined && { stdin }) } })

  await t.test('commands, terminals, files, statistics and output reach a container on another node', async (t) => {
    const made = await berth.createContainer({
      body: {
        name: id,
        constraints: [`node.hostname == ${worker.name}`],
        command: ['sh', '-c', 'echo ready; exec sleep 3600'],
        ports: []
      }
    })
    t.match(made.node, { name: worker.name })
    await eventually(() => run(['true']))
    t.match(await run(['sh', '-c', 'cat; exit 3'], 'hello'), { stdout: 'hello', exit_code: 3 })

    const terminal = await openTerminal(url, id, {}, { token })
    terminal.type('echo $((40 + 2)); exit 4\n')
    t.match(await terminal.ended(), { exit_code: 4 })
    t.match(terminal.text(), /^42/m)

    await berth.writeContainerFile({ id, path: '/tmp/there' }, { bytes: 'and back' })
    t.equal(await (await berth.request('readContainerFiles', { id, path: '/tmp/there' })).text(), 'and back')

    t.match(await berth.getContainerStats({ id }), { name: id, memory_bytes: Number })
    t.match(await berth.getContainerProcesses({ id }), { processes: [[/./]] })
    t.match(JSON.stringify(await berth.getContainerLogs({ id })), /ready/)
  })

  await t.test("an agent refuses other calls, even with the server's certificate", async (t) => {
    const { ca, cert, key } = readCertificates(stack.certs.server)
    const statusOf = (method: string, path: string) =>
      new Promise<number | undefined>((resolve, reject) => {
        const to = { host: worker.address, port: AGENT_PORT, servername: AGENT_NAME, agent: false }
        https
          .request({ ...to, ca, cert, key, method, path }, (answer) => {
            answer.resume()
            resolve(answer.statusCode)
          })
          .on('error', reject)
          .end()
      })
    const [agent] = await worker.engine.listContainers({
      filters: { label: ['com.docker.swarm.service.name=berth_agent'] }
    })
    t.equal(await statusOf('GET', '/version'), 200)
    t.equal(await statusOf('POST', '/v1.41/containers/create'), 403)
    t.equal(await statusOf('GET', `/v1.41/containers/${agent?.Id}/archive?path=/run/secrets/key.pem`), 403)
  })

  await t.test(
    'NODE_OUT_OF_REACH reports a hanging or missing agent at once, and calls work again after its return',
    async (t) => {
      const refused = async () => {
        const started = performance.now()
        await t.rejects(run(['true']), { code: 'NODE_OUT_OF_REACH' })
        t.ok(performance.now() - started < AT_ONCE_MS)
      }
      const [agent] = await worker.engine.listContainers({
        filters: { label: ['com.docker.swarm.service.name=berth_agent'] }
      })
      const container = worker.engine.getContainer(agent?.Id ?? '')
      await container.pause()
      await refused()
      await container.unpause()
      await eventually(() => run(['true']))

      stack.removeAgents()
      await eventually(async () => {
        if ((await worker.engine.listContainers()).length > 1) throw new Error('the agent still runs')
      })
      await refused()
      t.match(JSON.stringify(await berth.getContainerLogs({ id })), /ready/, 'the managers still provide the output')
      stack.deploy()
      await eventually(() => run(['true']))
    }
  )
})
