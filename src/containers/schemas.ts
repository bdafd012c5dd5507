// Responses about containers. Requests: request-schemas.ts.

import { Type, type Static } from '@sinclair/typebox'
import { DateTime, nullable, record, ref, words } from '../lib/schema.ts'
import { CreateContainer } from './create-schema.ts'
import { CONTAINER_STATES, Protocols, RestartPolicy } from './fields.ts'
import { ExecCommand, RenameContainer, UpdateContainer } from './request-schemas.ts'

/** A realistic container for the documentation. */
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
  limits: { memory: 536_870_912, cpus: 1, pids: 256, nofile: null, storage_size: null, io_weight: null },
  read_only: false,
  runtime: 'runc',
  restart: 'no',
  restart_count: 0,
  labels: { team: 'red' },
  env: ['HOST_PORT', 'PATH'],
  command: ['node', 'src/server.ts'],
  networks: [{ name: 'bridge', address: '172.17.0.2', aliases: [] }],
  volumes: [{ source: 'data', target: '/data', read_only: false }],
  node: null,
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
    created: Type.String({
      description: 'Creation time, as written by the engine.',
      examples: ['2026-01-01T00:00:00.000000000Z']
    }),
    state: words(CONTAINER_STATES),
    url: nullable(Type.String({ description: 'URL of the first TCP port.', examples: ['http://127.0.0.1:8001'] })),
    full_id: Type.String(),
    health: nullable(words(['starting', 'healthy', 'unhealthy'] as const)),
    exit_code: nullable(Type.Integer()),
    oom_killed: Type.Boolean(),
    limits: Type.Object({
      memory: nullable(Type.Integer({ description: 'Bytes. Null: unlimited.' })),
      cpus: nullable(Type.Number()),
      pids: nullable(Type.Integer()),
      nofile: nullable(Type.Integer({ description: "Open files. Null: the engine's limit applies." })),
      storage_size: nullable(Type.Integer({ description: 'Bytes of its own file system. Null: unlimited.' })),
      io_weight: nullable(Type.Integer({ description: "Share of the time of disks. Null: the kernel's own." }))
    }),
    read_only: Type.Boolean({ description: 'Whether the root file system is read-only.' }),
    runtime: nullable(Type.String({ description: 'Runtime of the engine that runs it.', examples: ['runc'] })),
    restart: RestartPolicy,
    restart_count: Type.Integer(),
    labels: record(Type.String()),
    env: Type.Array(Type.String(), { description: 'Names only.' }),
    command: Type.Array(Type.String()),
    networks: Type.Array(
      Type.Object({
        name: Type.String({ examples: ['shop'] }),
        address: nullable(
          Type.String({ description: 'Null while the container is not running.', examples: ['172.18.0.2'] })
        ),
        aliases: Type.Array(Type.String(), { description: 'Additional names on this network.' })
      })
    ),
    volumes: Type.Array(Type.Object({ source: Type.String(), target: Type.String(), read_only: Type.Boolean() })),
    node: nullable(
      Type.Object(
        {
          id: Type.String(),
          name: Type.String({ examples: ['worker-2'] }),
          address: nullable(Type.String({ description: 'Null: the Swarm does not know it.', examples: ['10.0.0.12'] }))
        },
        { description: 'Node of the Swarm that runs it. Null on a single engine, and while it is not running.' }
      )
    ),
    managed: Type.Boolean({ description: 'Whether Berth created it.' }),
    owner: nullable(
      Type.String({
        description: 'Id of the token that created it. Null: created without a token.',
        examples: ['3f9a1c07b2de']
      })
    ),
    team: nullable(Type.String({ description: 'Team of the token that created it.', examples: ['shop'] })),
    started_at: nullable(DateTime()),
    finished_at: nullable(DateTime()),
    expires_at: nullable(DateTime({ description: 'When Berth removes it.' })),
    stale: Type.Optional(
      Type.Boolean({
        description:
          'True if these are the last known values: the engine does not answer, or has failed to describe this container for 30 seconds.'
      })
    ),
    age_ms: Type.Optional(Type.Integer({ description: 'With `stale`: age of these values.' }))
  },
  { $id: 'Container', description: 'A container.', examples: [RUNNING] }
)
export type Container = Static<typeof Container>

export const LogLineEvent = Type.Object(
  { timestamp: Type.String(), line: Type.String() },
  { $id: 'LogLineEvent', description: "A line of a container's output." }
)

export const CreatedContainer = Type.Composite(
  [
    Container,
    Type.Object({
      warnings: Type.Array(Type.String(), {
        description: 'Warnings from the engine, and the last output of a workload that has already exited.'
      }),
      replayed: Type.Boolean({
        description: 'True if the Idempotency-Key was known and this is the container of the first request.'
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
      changed: Type.Boolean({ description: 'False if it was already in the requested state.' }),
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
            description: 'Ports that were taken in the meantime, and their replacements.'
          }
        )
      ),
      replaced: Type.Optional(
        Type.String({
          description: 'Previous full id, if Berth recreated the container. It still works.'
        })
      )
    })
  ],
  {
    $id: 'ChangedContainer',
    description: 'The current state of the container, and whether anything changed.',
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
  { $id: 'WaitedContainer', description: 'The container after the condition was met.' }
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
    description: 'The processes, as in `ps`.',
    examples: [{ titles: ['PID', 'CMD'], processes: [['4711', 'node src/server.ts']] }]
  }
)

export const ExecResult = Type.Object(
  {
    exit_code: Type.Integer({
      description: 'Exit code of the command. The HTTP status only says that the command ran.'
    }),
    stdout: Type.String(),
    stderr: Type.String(),
    truncated: Type.Boolean({ description: 'Whether the output was cut at 1 MiB.' })
  },
  { $id: 'ExecResult', description: 'The exit code and output of the command.' }
)

export const ExecOutput = Type.Object(
  { text: Type.String({ examples: ['v24.21.0\n'] }) },
  { $id: 'ExecOutput', description: 'Output of the command on one of its streams.' }
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
