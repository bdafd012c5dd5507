// The meanings of texts of a Swarm manager and of its tasks.

import type { Rule } from './rule.ts'

const HELD =
  /host-mode port already in use|port '?(\d+)'? is already in use by service|config berth-port-\w+-(\d+) already exists/i

export const SWARM_RULES: readonly Rule[] = [
  {
    pattern: /not a swarm manager/i,
    code: 'SWARM_UNAVAILABLE',
    says: () =>
      'The engine is no manager of a Swarm: run docker swarm init or join on its machine, name a manager in DOCKER_HOST, or unset BERTH_ENGINE.'
  },
  {
    pattern:
      /swarm does not have a leader|losing leader status|raft: |code = (Unavailable|DeadlineExceeded)|^context deadline exceeded$|manager stopped|request is canceled/i,
    code: 'SWARM_UNAVAILABLE',
    hint: () => 'Too few managers can reach each other. Whether a change took effect shows when they can again.'
  },
  {
    pattern: HELD,
    code: 'PORT_UNAVAILABLE',
    says: (text) => {
      const port = heldPort(text)
      return `${port === undefined ? 'A port of the container' : `Port ${port}`} is taken: another service of the Swarm has it.`
    }
  },
  {
    pattern: /no suitable node/i,
    code: 'NODE_UNSUITABLE',
    says: (text) => `No node of the Swarm can run the container: ${/\((.*)\)/.exec(text)?.[1] ?? 'no reason given'}.`
  },
  {
    pattern: /name conflicts with an existing object: service|service \S+ already exists/i,
    code: 'CONTAINER_NAME_TAKEN',
    says: (text) =>
      `Names are unique, and a container named ${/service (\S+) already/i.exec(text)?.[1] ?? 'so'} exists. Choose another name, or remove that one.`
  },
  { pattern: /^(service|task) \S+ not found|no such (service|task)/i, code: 'CONTAINER_NOT_FOUND' },
  { pattern: /^node \S+ not found|no such node/i, code: 'NODE_NOT_FOUND' },
  {
    pattern: /^the agent of this node serves only tasks/i,
    code: 'CONTAINER_NOT_MANAGED',
    says: () => 'The container is on another node, whose agent serves only containers that Berth made.'
  },
  {
    pattern: /update out of sequence/i,
    code: 'CONTAINER_BUSY',
    says: () => 'Somebody else changed it at the same time. Send the request again.'
  }
]

export function heldPort(text: string): number | undefined {
  const [, first, second] = HELD.exec(text) ?? []
  const port = Number(first ?? second)
  return Number.isInteger(port) ? port : undefined
}
