// What clients get about containers. What they send: request-schemas.ts.

import { Type, type Static } from '@sinclair/typebox'
import { DateTime, nullable, record, ref, words } from '../lib/schema.ts'
import { CreateContainer } from './create-schema.ts'
import { CONTAINER_STATES, Protocols, RestartPolicy } from './fields.ts'
import { ExecCommand, RenameContainer, UpdateContainer } from './request-schemas.ts'

/** One that a reader may believe. */
const RUNNING = {
  id: '3f4e9a1b2c3d',
  name: 'my-api-server',
  status: 'running',
  image: 'base-api-server:latest',
  ports: { '5000/tcp': '127.0.0.1:8001' },
  created: '2026-01-01T12:00:00.000000000Z',
  state: 'running',
  url: 'http://127.0.0.1:8001',
  full_id: '3f4e9a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7',
  health: 'healthy',
  exit_code: null,
  oom_killed: false,
  limits: { memory: 536_870_912, cpus: 1, pids: 256, nofile: null },
  restart: 'no',
  restart_count: 0,
  labels: { team: 'red' },
  env: ['HOST_PORT', 'PATH'],
  command: ['node', 'src/server.ts'],
  networks: [{ name: 'bridge', address: '172.17.0.2', aliases: [] }],
  volumes: [{ source: 'data', target: '/data', read_only: false }],
  managed: true,
  owner: '3f9a1c07b2de',
  team: 'shop',
  started_at: '2026-01-01T12:00:00.500Z',
  finished_at: null,
  expires_at: null
}

export const Container = Type.Object(
  {
    id: Type.String({ description: 'Short id.', examples: ['3f4e9a1b2c3d'] }),
    name: Type.String({ examples: ['my-api-server'] }),
    status: words(CONTAINER_STATES, { description: 'The same as `state`.' }),
    image: Type.String({ examples: ['base-api-server:latest'] }),
    ports: record(Type.String(), { examples: [{ '5000/tcp': '127.0.0.1:8001' }] }),
    created: Type.String({ description: 'As the engine writes it.', examples: ['2026-01-01T00:00:00.000000000Z'] }),
    state: words(CONTAINER_STATES),
    url: nullable(
      Type.String({ description: 'Where the first TCP port answers.', examples: ['http://127.0.0.1:8001'] })
    ),
    full_id: Type.String(),
    health: nullable(words(['starting', 'healthy', 'unhealthy'] as const)),
    exit_code: nullable(Type.Integer()),
    oom_killed: Type.Boolean(),
    limits: Type.Object({
      memory: nullable(Type.Integer({ description: 'Bytes; null is unlimited.' })),
      cpus: nullable(Type.Number()),
      pids: nullable(Type.Integer()),
      nofile: nullable(Type.Integer({ description: "Open files; null is the engine's own limit." }))
    }),
    restart: RestartPolicy,
    restart_count: Type.Integer(),
    labels: record(Type.String()),
    env: Type.Array(Type.String(), { description: 'Names only.' }),
    command: Type.Array(Type.String()),
    networks: Type.Array(
      Type.Object({
        name: Type.String({ examples: ['shop'] }),
        address: nullable(Type.String({ description: 'Null while it does not run.', examples: ['172.18.0.2'] })),
        aliases: Type.Array(Type.String(), { description: 'Names there besides its own.' })
      })
    ),
    volumes: Type.Array(Type.Object({ source: Type.String(), target: Type.String(), read_only: Type.Boolean() })),
    managed: Type.Boolean({ description: 'Whether Berth made it.' }),
    owner: nullable(
      Type.String({
        description: 'Id of the token that made it. Null: no token did.',
        examples: ['3f9a1c07b2de']
      })
    ),
    team: nullable(Type.String({ description: 'Team of that token.', examples: ['shop'] })),
    started_at: nullable(DateTime()),
    finished_at: nullable(DateTime()),
    expires_at: nullable(DateTime({ description: 'When it will be removed.' })),
    stale: Type.Optional(
      Type.Boolean({
        description:
          'True while the engine does not answer, or cannot describe this container for 30 s: this is what was last known.'
      })
    ),
    age_ms: Type.Optional(Type.Integer({ description: 'With `stale`: how old this knowledge is.' }))
  },
  { $id: 'Container', description: 'A container.', examples: [RUNNING] }
)
export type Container = Static<typeof Container>

export const LogLineEvent = Type.Object(
  { timestamp: Type.String(), line: Type.String() },
  { $id: 'LogLineEvent', description: 'A line that a container wrote.' }
)

export const CreatedContainer = Type.Composite(
  [
    Container,
    Type.Object({
      warnings: Type.Array(Type.String(), {
        description: 'What the engine remarked, and the last words of a workload that has ended already.'
      }),
      replayed: Type.Boolean({
        description: 'True when the Idempotency-Key was known: this is the container of the first request.'
      })
    })
  ],
  {
    $id: 'CreatedContainer',
    description: 'The container, as ready as `wait` asked.',
    examples: [{ ...RUNNING, warnings: [], replayed: false }]
  }
)
export type CreatedContainer = Static<typeof CreatedContainer>

export const ChangedContainer = Type.Composite(
  [
    Container,
    Type.Object({
      changed: Type.Boolean({ description: 'False when it was in that state already.' }),
      message: Type.String({ examples: ['Container already stopped'] }),
      changed_port: Type.Optional(
        Type.Array(
          Type.Object({
            container_port: Type.Integer(),
            protocol: Protocols,
            from: Type.Integer(),
            to: Type.Integer()
          }),
          {
            description: 'Ports that somebody else had taken meanwhile, and those given instead.'
          }
        )
      ),
      replaced: Type.Optional(
        Type.String({
          description: 'Full id that the container had before it was made again with other ports. It still finds it.'
        })
      )
    })
  ],
  {
    $id: 'ChangedContainer',
    description: 'The container as it is now, and whether anything changed.',
    examples: [{ ...RUNNING, changed: true, message: 'Container changed' }]
  }
)
export type ChangedContainer = Static<typeof ChangedContainer>

export const RemovedContainer = Type.Object(
  { id: Type.String(), name: Type.String(), removed: Type.Boolean(), message: Type.String() },
  { $id: 'RemovedContainer', description: 'The container that was removed.' }
)
export type RemovedContainer = Static<typeof RemovedContainer>

export const WaitedContainer = Type.Object(
  {
    container: nullable(ref(Container)),
    reached: Type.String({ examples: ['running'] }),
    waited_ms: Type.Integer()
  },
  { $id: 'WaitedContainer', description: 'The container once what was waited for has happened.' }
)

export const ContainerLogs = Type.Object(
  {
    lines: Type.Array(
      Type.Object({ stream: words(['stdout', 'stderr'] as const), timestamp: Type.String(), line: Type.String() })
    )
  },
  { $id: 'ContainerLogs', description: 'Lines of output, oldest first.' }
)

export const ContainerProcesses = Type.Object(
  { titles: Type.Array(Type.String()), processes: Type.Array(Type.Array(Type.String())) },
  {
    $id: 'ContainerProcesses',
    description: 'The processes, as `ps` shows them.',
    examples: [{ titles: ['PID', 'CMD'], processes: [['4711', 'node src/server.ts']] }]
  }
)

export const ExecResult = Type.Object(
  {
    exit_code: Type.Integer({ description: 'Of the command. The HTTP status says only that it could be run.' }),
    stdout: Type.String(),
    stderr: Type.String(),
    truncated: Type.Boolean({ description: 'Whether there was more output than is kept (1 MiB).' })
  },
  { $id: 'ExecResult', description: 'How the command ended, and what it wrote.' }
)

export const ExecOutput = Type.Object(
  { text: Type.String({ examples: ['v24.21.0\n'] }) },
  { $id: 'ExecOutput', description: 'What the command wrote to one of its streams.' }
)

export const SHARED_SCHEMAS = [
  ExecOutput,
  RenameContainer,
  LogLineEvent,
  CreateContainer,
  Container,
  CreatedContainer,
  ChangedContainer,
  RemovedContainer,
  UpdateContainer,
  WaitedContainer,
  ContainerLogs,
  ContainerProcesses,
  ExecCommand,
  ExecResult
]
