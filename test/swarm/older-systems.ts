// The command lines in the documents of older systems on a Swarm, unchanged except for the address and the id.

import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { eventually, IMAGE } from '../helpers/engine.ts'
import { startRegistry } from '../helpers/registry.ts'
import type { Lab } from './lab.ts'
import { startSwarmServer } from './server.ts'

type Body = {
  id: string
  ports: Record<string, string>
  state: string
  used_ports: number[]
  status: unknown
  build_id: string
  build_status: { push_status: string }
  data: { id: string; status: string }
}

// Listens on port 5000 as the default workload does.
const WORKLOAD = `FROM ${IMAGE}\nRUN mkdir /www && echo hello > /www/index.html\nCMD ["httpd", "-f", "-p", "5000", "-h", "/www"]\n`

export async function olderSystems(t: Test, lab: Lab): Promise<void> {
  const registry = await startRegistry(t, { address: lab.hostAddress })
  const namespace = `${registry.host}/team`
  const server = await startSwarmServer(t, lab, {
    env: { BERTH_SWARM_REGISTRY: namespace, DOCKERHUB_NAMESPACE: namespace }
  })
  const folder = t.testdir({})
  const file = join(folder, 'Dockerfile')
  writeFileSync(file, WORKLOAD)

  /** Runs the line in a shell. */
  function run(line: string): Body {
    const own = line.replaceAll(/http:\/\/(localhost|127\.0\.0\.1):[89]000/g, server.url)
    return JSON.parse(execFileSync('sh', ['-c', own.replace('curl', 'curl -s')], { encoding: 'utf8' })) as Body
  }

  await t.test('build and push', async (t) => {
    const { build_id: id } = run(
      `curl -F 'file=@${file}' -F 'image_name=base-api-server' -F 'image_tag=latest' http://localhost:8000/build-push`
    )
    await eventually(() => {
      const now = run(`curl "http://localhost:8000/build-push-status?build_id=${id}"`)
      if (now.build_status.push_status !== 'Completed') throw new Error(JSON.stringify(now))
    })
    t.strictSame(await registry.tags('team/base-api-server'), ['latest'])
  })

  await t.test('publish a Dockerfile', async (t) => {
    const { data } = run(`curl -X POST \\
    http://127.0.0.1:8000/api/dockerfile-build/ \\
    -H 'Content-Type: multipart/form-data' \\
    -F 'username=your_username' \\
    -F 'file=@${file}' \\
    -F 'docker_repo=${namespace}/app:1'`)
    const one = `curl "http://127.0.0.1:8000/api/dockerfile-build/?dockerfile_build_id=${data.id}"`
    await eventually(() => {
      const { status } = run(one).data
      if (status !== 'Docker Image is successfully pushed to Docker Hub.') throw new Error(status)
    })
    t.strictSame(await registry.tags('team/app'), ['1'])
    run(one.replace('curl', 'curl -X DELETE'))
  })

  await t.test('containers, ports and statistics', async (t) => {
    // As npm start provides it.
    const built = await server.post('/images/pull', { image: `${namespace}/base-api-server:latest` })
    t.equal(built.status, 200, built.text)
    await server.post('/images/tag', { image: `${namespace}/base-api-server:latest`, target: 'base-api-server:latest' })

    const made = run(`curl -X POST "http://localhost:9000/containers/create" \\
  -H "Content-Type: application/json" \\
  -d '{"name": "my-api-server", "image": "base-api-server:latest"}'`)
    t.match(made, {
      id: /^[0-9a-f]{12}$/,
      name: 'my-api-server',
      status: 'running',
      image: 'base-api-server:latest',
      ports: { '5000/tcp': /:8\d{3}$/ },
      created: String,
      state: 'running'
    })
    for (const line of ['curl "http://localhost:9000/containers"', 'curl "http://localhost:9000/containers/running"'])
      t.match(run(line), [{ id: made.id, name: 'my-api-server' }])
    const address = made.ports['5000/tcp'] ?? ''
    await eventually(() => execFileSync('curl', ['-fsS', `http://${address}/`]))
    const ofIt = (line: string) => run(line.replace('abc123', made.id))
    await eventually(() => {
      const stats = ofIt('curl "http://localhost:9000/containers/abc123/stats"')
      if (!('memory_usage' in stats)) throw new Error(JSON.stringify(stats))
      t.match(stats, {
        container_id: made.id,
        name: 'my-api-server',
        cpu_percent: Number,
        memory_usage: / MB$/,
        network_rx: / MB$/
      })
    })
    const port = Number(address.split(':')[1])
    t.match(run('curl "http://localhost:8000/ports"'), { used_ports: [port] })
    t.match(ofIt('curl -X POST "http://localhost:9000/containers/abc123/stop"'), { state: 'exited' })
    t.match(run('curl "http://localhost:8000/health"'), { status: 'healthy', docker: 'connected' })
    await server.delete(`/containers/${made.id}`)
    t.match(run('curl "http://localhost:8000/ports"'), { used_ports: [] }, 'released by itself')
  })
}
