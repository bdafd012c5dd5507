// The fields that Berth reads about containers.

import { Type, type Static } from '@sinclair/typebox'
import { UnreadableAnswer } from '../failures.ts'
import { checkLabelled, createReader, Id, Labels, maybe, Texts } from './schema.ts'

const Text = maybe(Type.String())
const Count = maybe(Type.Number())
const Flag = maybe(Type.Boolean())

const Bindings = maybe(
  Type.Record(Type.String(), Type.Union([Type.Array(Type.Object({ HostIp: Text, HostPort: Text })), Type.Null()]))
)

const State = Type.Object({
  Status: Type.String(),
  Pid: Type.Number(),
  ExitCode: Type.Number(),
  OOMKilled: Type.Boolean(),
  StartedAt: Text,
  FinishedAt: Text,
  Error: Text,
  Health: maybe(Type.Object({ Status: Text, FailingStreak: maybe(Type.Number()) }))
})

export const Healthcheck = Type.Object({
  Test: Texts,
  Interval: Count,
  Timeout: Count,
  StartPeriod: Count,
  Retries: Count
})

const Config = Type.Object({
  Image: Type.String(),
  Labels,
  Env: Texts,
  Cmd: Texts,
  Entrypoint: maybe(Type.Union([Type.String(), Type.Array(Type.String())])),
  WorkingDir: Text,
  User: Text,
  Hostname: Text,
  Tty: Flag,
  StopTimeout: Count,
  Healthcheck: maybe(Healthcheck)
})

const HostConfig = Type.Object({
  RestartPolicy: maybe(Type.Object({ Name: Text })),
  Memory: Count,
  NanoCpus: Count,
  CpuQuota: Count,
  CpuPeriod: Count,
  PidsLimit: Count,
  BlkioWeight: Count,
  StorageOpt: Labels,
  ReadonlyRootfs: Flag,
  Runtime: Text,
  Ulimits: maybe(Type.Array(Type.Object({ Name: Type.String(), Hard: Type.Number() }))),
  NetworkMode: Text,
  PidMode: Text,
  IpcMode: Text,
  UTSMode: Text,
  UsernsMode: Text,
  Privileged: Flag,
  SecurityOpt: Texts,
  CapAdd: Texts,
  CapDrop: Texts,
  Devices: maybe(Type.Array(Type.Unknown())),
  DeviceRequests: maybe(Type.Array(Type.Unknown())),
  ExtraHosts: Texts,
  PortBindings: Bindings,
  Tmpfs: Labels,
  Mounts: maybe(Type.Array(Type.Object({ Type: Type.String(), Source: Text, Target: Type.String(), ReadOnly: Flag })))
})

const Network = Type.Union([Type.Object({ IPAddress: Text, Aliases: Texts }), Type.Null()])

const Inspect = Type.Object({
  Id,
  Name: Type.String({ minLength: 1 }),
  Created: Type.String(),
  Image: Type.String(),
  Path: Text,
  Args: Texts,
  OCIRuntime: Text,
  RestartCount: Count,
  State,
  Config,
  HostConfig,
  Mounts: maybe(Type.Array(Type.Object({ Type: Type.String(), Name: Text, Destination: Type.String(), RW: Flag }))),
  NetworkSettings: maybe(Type.Object({ Ports: Bindings, Networks: maybe(Type.Record(Type.String(), Network)) }))
})

const Row = Type.Object({
  Id,
  Names: Texts,
  Labels,
  State: Type.String(),
  Status: Text,
  Created: Count
})

export type RawContainer = Static<typeof Inspect>
export type RawHostConfig = Static<typeof HostConfig>
export type RawHealthcheck = Static<typeof Healthcheck>
export type RawContainerRow = Static<typeof Row>

export const readContainerRows = createReader(Type.Array(Row))
export const readCreated = createReader(Type.Object({ Id, Warnings: Texts }))

const readInspect = createReader(Inspect)

export function readRowsLabelled(filter: string): (json: unknown) => RawContainerRow[] {
  return (json) => {
    const rows = readContainerRows(json)
    checkLabelled(rows, filter)
    return rows
  }
}

/** An answer about another container is invalid, even if it is well-formed. */
export function readContainer(asked: string): (json: unknown) => RawContainer {
  return (json) => {
    const container = readInspect(json)
    if (container.Id.startsWith(asked) || container.Name.replace(/^\//, '') === asked) return container
    throw new UnreadableAnswer(`it is about the container ${container.Id.slice(0, 12)}`)
  }
}
