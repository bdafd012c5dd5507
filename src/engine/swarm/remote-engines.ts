// The engines of other nodes. Berth connects to each at first use. An engine that does not answer is out of reach at once.

import type { Engine } from '../contract/engine.ts'
import { createCalling } from '../docker/calling.ts'
import { createConnection, type Connection } from '../docker/connection.ts'
import { dockerEngineOn, type DockerOptions } from '../docker/engine.ts'
import type { EngineAddress } from '../docker/locate.ts'

export type RemoteEngines = ReturnType<typeof createRemoteEngines>
export type Remote = {
  engine: Engine
  /** Fails when the engine hangs, regardless of the timeout of the task. */
  unlessLost<T>(task: Promise<T>): Promise<T>
}

// A node without power sends nothing, and its Swarm needs longer to notice.
const HANG_MS = 3_000

type Log = Parameters<typeof createConnection>[0]['log']
type Opened = { connection: Connection; remote: Remote; tried: Promise<boolean> }

type Options = Omit<DockerOptions, 'connection' | 'log'> & {
  log: DockerOptions['log'] & Log
  addressOf: (host: string) => EngineAddress
}

export function createRemoteEngines({ addressOf, ...options }: Options) {
  const opened = new Map<string, Opened>()

  function open(host: string): Opened {
    const connection = createConnection({ candidates: [addressOf(host)], log: options.log, hangMs: HANG_MS })
    const engine = dockerEngineOn(createCalling({ ...options, connection }), { ...options, connection })
    const remote = { engine, unlessLost: unlessLost(connection) }
    const found = { connection, remote, tried: connection.start() }
    opened.set(host, found)
    return found
  }

  return {
    /** Undefined if it does not answer. */
    async at(host: string): Promise<Remote | undefined> {
      const { connection, remote, tried } = opened.get(host) ?? open(host)
      await tried
      return connection.status().available ? remote : undefined
    },

    close(): void {
      for (const { connection } of opened.values()) connection.close()
    }
  }
}

function unlessLost({ hangs }: Pick<Connection, 'hangs'>): Remote['unlessLost'] {
  return async (task) => {
    const signal = hangs()
    const lost = Promise.withResolvers<never>()
    const lose = () => lost.reject(signal.reason)
    signal.addEventListener('abort', lose, { once: true })
    try {
      return await Promise.race([task, lost.promise])
    } finally {
      signal.removeEventListener('abort', lose)
    }
  }
}
