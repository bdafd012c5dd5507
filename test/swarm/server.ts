// A server on the manager of a lab.

import http from 'node:http'
import type { Test } from 'tap'
import type { Container } from '../../src/containers/schemas.ts'
import { startServer, type Server, type ServerOptions } from '../helpers/server.ts'
import type { Lab } from './lab.ts'

// Every node has the full range of ports.
const PORTS = { first: 8001, last: 8050 }

type Options = Partial<ServerOptions> & {
  /** Absent: the first. */
  manager?: Lab['manager'] | undefined
}

export function startSwarmServer(
  t: Pick<Test, 'teardown' | 'passing'>,
  { manager: first, clientFiles }: Lab,
  { manager = first, env, ...options }: Options = {}
): Promise<Server> {
  return startServer(t, {
    ports: PORTS,
    socket: manager.socket,
    engine: manager.engine,
    ...options,
    env: {
      BERTH_ENGINE: 'swarm',
      BERTH_PUBLISH_HOST: '0.0.0.0',
      BERTH_EXEC: 'true',
      BERTH_SWARM_NODE_PORT: '2376',
      DOCKER_TLS_VERIFY: '1',
      DOCKER_CERT_PATH: clientFiles,
      ...env
    }
  })
}

export function createServiceHelpers(server: Server) {
  const read = async (name: string) => (await server.get<Container>(`/containers/${name}`)).body

  return {
    /** The address of the node that runs it. Fails while no node does. */
    async nodeOf(name: string): Promise<string> {
      const { node } = await read(name)
      if (!node?.address) throw new Error(`no node runs ${name}`)
      return node.address
    },

    /** The answer at its URL. */
    async answers(name: string): Promise<string> {
      const { url } = await read(name)
      if (!url) throw new Error(`${name} has no URL`)
      return ask(url)
    }
  }
}

function ask(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = http.get(url, { agent: false, timeout: 5_000 }, (answer) => {
      let text = ''
      answer
        .setEncoding('utf8')
        .on('data', (piece: string) => (text += piece))
        .on('end', () => resolve(text))
        .on('error', reject)
    })
    request.on('timeout', () => request.destroy(new Error(`${url} does not answer`)))
    request.on('error', reject)
  })
}
