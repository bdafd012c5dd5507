// The process of an agent: settings, certificates, the engine of this node. It stops immediately, since it keeps no state.

import { homedir } from 'node:os'
import { pino } from 'pino'
import { createClient } from '../engine/docker/client.ts'
import { describeAddress, engineCandidates } from '../engine/docker/locate.ts'
import { readCertificates } from '../lib/certificates.ts'
import { createLogOutput } from '../lib/log-output.ts'
import { loadConfig } from '../load-config.ts'
import { onStopSignal } from '../stop-signals.ts'
import { createAgent } from './agent.ts'
import { createFigures } from './figures.ts'

try {
  await run()
} catch (error) {
  process.stderr.write(`berth agent: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
}

async function run(): Promise<void> {
  const { config } = loadConfig(process.env)
  const { agentPort: port, agentCerts, hostProc: procDir, hostCgroup: cgroupDir, logLevel: level } = config
  if (port === undefined) throw new Error('BERTH_AGENT_PORT is missing: the port to listen on')
  const log = pino({ level }, createLogOutput(process.stdout))
  const [address] = engineCandidates({ ...config, home: homedir(), runtimeDir: process.env.XDG_RUNTIME_DIR })
  if (!address) throw new Error('there is no engine: set DOCKER_HOST')
  const agent = createAgent({
    client: createClient(address, undefined, Infinity),
    certificates: readCertificates(agentCerts),
    figures: createFigures({ procDir, cgroupDir }),
    log
  })
  await agent.listen(port)
  log.info({ port, engine: describeAddress(address) }, 'Berth is up as an agent')

  const stop = () => {
    agent.close()
    process.exit(0)
  }
  onStopSignal({ stop, exitAtOnce: stop })
}
