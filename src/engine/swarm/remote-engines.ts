// The engines of other nodes. Berth connects to each at first use. An engine that does not answer is out of reach at once.

import type { Engine } from '../contract/engine.ts'
import { createCalling } from '../docker/calling.ts'
import { createConnection, type Connection } from '../docker/connection.ts'
import { dockerEngineOn, type DockerOptions } from '../docker/engine.ts'
import type { EngineAddress } from '../docker/locate.ts'

export type RemoteEngines = ReturnType<typeof createRemoteEngines>

type Log = Parameters<typeof createConnection>[0]['log']
type Remote = { connection: Connection; engine: Engine; tried: Promise<boolean> }

type Options = Omit<DockerOptions, 'connection' | 'log'> & {
  log: DockerOptions['log'] & Log
  addressOf: (host: string) => EngineAddress
}

export function createRemoteEngines({ addressOf, ...options }: Options) {
  const remotes = new Map<string, Remote>()

  function open(host: string): Remote {
    const connection = createConnection({ candidates: [addressOf(host)], log: options.log })
    const engine = dockerEngineOn(createCalling({ ...options, connection }), { ...options, connection })
    const remote = { connection, engine, tried: connection.start() }
    remotes.set(host, remote)
    return remote
  }

  return {
    /** Undefined if it does not answer. */
    async at(host: string): Promise<Engine | undefined> {
      const { connection, engine, tried } = remotes.get(host) ?? open(host)
      await tried
      return connection.status().available ? engine : undefined
    },

    close(): void {
      for (const { connection } of remotes.values()) connection.close()
    }
  }
}
