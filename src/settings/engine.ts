// The location and use of the engine, and the access to its machine.

import { integer, number, oneOf, optional, optionalInteger, text, type Setting } from '../lib/settings.ts'

export const ENGINE_SETTINGS = {
  dockerHost: optional('DOCKER_HOST', 'Address of the engine, as for the docker CLI: unix:///… or tcp://…'),
  dockerContext: optional('DOCKER_CONTEXT', 'Docker context to use.'),
  dockerConfig: optional('DOCKER_CONFIG', 'Folder of the docker CLI configuration. Defaults to ~/.docker.'),
  dockerCertPath: optional('DOCKER_CERT_PATH', 'Folder with ca.pem, cert.pem and key.pem, for an engine behind TLS.'),
  dockerTlsVerify: {
    env: 'DOCKER_TLS_VERIFY',
    default: '',
    description: 'Any value: use TLS for the engine and verify its certificate.',
    parse: (raw: string) => raw !== ''
  } satisfies Setting<boolean>,
  engine: oneOf(
    'BERTH_ENGINE',
    'docker',
    ['docker', 'swarm', 'auto'],
    'Where containers run: on the engine itself, or on all nodes of the Docker Swarm that it manages. `auto`: the Swarm, if the engine is an active manager at the start of the server.'
  ),
  swarmPublish: oneOf(
    'BERTH_SWARM_PUBLISH',
    'host',
    ['host', 'ingress'],
    'Where a port of a Swarm is published: on the node that runs the container, or by the routing mesh on every node.'
  ),
  agentPort: optionalInteger(
    'BERTH_AGENT_PORT',
    1,
    65_535,
    'Port of the agents on all nodes of a Swarm (docker-stack.yml). Commands, terminals, files and statistics then reach containers on every node. An agent itself listens on this port.'
  ),
  agentCerts: text(
    'BERTH_AGENT_CERTS',
    '/run/secrets',
    'Folder with ca.pem, cert.pem and key.pem for the connections between servers and agents (npm run agent-certs).'
  ),
  swarmNodePort: optionalInteger(
    'BERTH_SWARM_NODE_PORT',
    1,
    65_535,
    'Alternative to BERTH_AGENT_PORT: port on which the engine of every node listens with TLS (dockerd --tlsverify). Needs DOCKER_TLS_VERIFY and DOCKER_CERT_PATH. The certificate is equivalent to root on every node.'
  ),
  swarmRegistry: optional(
    'BERTH_SWARM_REGISTRY',
    'Registry that all nodes of a Swarm reach: registry.example:5000, or with a path. A create pushes an image there that no registry is known to have, and runs it by its digest.'
  ),
  swarmNewPrivileges: oneOf(
    'BERTH_SWARM_NEW_PRIVILEGES',
    'disclose',
    ['disclose', 'refuse'],
    'On engines before Docker 25, a Swarm cannot keep workloads from gaining new privileges: say so in the warnings of each create, or refuse to create.'
  ),
  engineSetup: oneOf(
    'BERTH_ENGINE_SETUP',
    'auto',
    ['auto', 'never'],
    'Allow npm start and npm test to install and start a Docker engine when none answers.'
  ),
  engineConcurrency: integer('BERTH_ENGINE_CONCURRENCY', 16, 1, 256, 'Changes sent to the engine in parallel.'),
  engineQueue: integer(
    'BERTH_ENGINE_QUEUE',
    2048,
    1,
    100_000,
    'Changes that may wait for the engine. Beyond that, requests that create something are refused.'
  ),
  engineTimeoutSeconds: number(
    'BERTH_ENGINE_TIMEOUT_SECONDS',
    60,
    1,
    600,
    'Fail a change if the engine takes longer than this many seconds.'
  ),
  hostProc: text(
    'BERTH_HOST_PROC',
    '/proc',
    "Path of the host's /proc. Mount it read-only when the server runs in a container with its own network."
  ),
  hostCgroup: text('BERTH_HOST_CGROUP', '/sys/fs/cgroup', "Path of the host's cgroup file system, for statistics."),
  statsSource: oneOf(
    'BERTH_STATS_SOURCE',
    'auto',
    ['auto', 'cgroup', 'engine'],
    "Source of statistics: the kernel's cgroup files, or the slower engine API. `auto` uses the files where it can read them."
  )
}
