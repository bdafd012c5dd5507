// Where the agents of nodes are. All have one certificate, so its name is not their address but this.

import type { Certificates } from '../../lib/certificates.ts'
import type { EngineAddress } from '../docker/locate.ts'

export const AGENT_NAME = 'berth-agent'

export function agentAddresses(port: number, certificates: Certificates): (host: string) => EngineAddress {
  const tls = { ...certificates, verify: true, servername: AGENT_NAME }
  return (host) => ({ kind: 'tcp', protocol: 'https', host, port, tls, source: 'agent' })
}
