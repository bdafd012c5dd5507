// The addresses of agents. All agents share one certificate, so its name is fixed instead of a node's address.

import type { Certificates } from '../../lib/certificates.ts'
import type { EngineAddress } from '../docker/locate.ts'

export const AGENT_NAME = 'berth-agent'

export function agentAddresses(port: number, certificates: Certificates): (host: string) => EngineAddress {
  const tls = { ...certificates, verify: true, servername: AGENT_NAME }
  return (host) => ({ kind: 'tcp', protocol: 'https', host, port, tls, source: 'agent' })
}
