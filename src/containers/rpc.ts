import { Type } from '@sinclair/typebox'
import { MESSAGE_BYTES, streaming, unary, type DockerMethods } from '../rpc/methods.ts'
import { logEntry, logQuery } from './logs.ts'
import { CreateContainer } from './create-schema.ts'
import { Env } from './fields.ts'
import {
  ContainerParams,
  ExecCommand,
  IdempotencyHeaders,
  ListContainersQuery,
  LogsQuery,
  RemoveQuery,
  RenameContainer,
  StopQuery,
  UpdateContainer,
  WaitQuery
} from './request-schemas.ts'
import type { ChangedContainer } from './schemas.ts'
import type { ContainerService } from './service.ts'
import { waitRequest } from './wait.ts'

const Named = Type.Object({ name: ContainerParams.properties.id })
const RunRequest = Type.Composite([
  CreateContainer,
  Type.Object({
    no_ports: Type.Optional(Type.Boolean()),
    idempotency_key: IdempotencyHeaders.properties['idempotency-key']
  })
])
const UpdateRequest = Type.Composite(
  [
    Named,
    Type.Omit(UpdateContainer, ['env']),
    Type.Object({
      env: Type.Optional(Env),
      unset_env: Type.Optional(Type.Array(Type.String({ maxLength: 255 }), { maxItems: 512 })),
      never_expires: Type.Optional(Type.Boolean())
    })
  ],
  // The name and at least one change.
  { minProperties: 2 }
)
const WaitRequest = Type.Composite([
  Named,
  Type.Omit(WaitQuery, ['for']),
  Type.Object({ condition: WaitQuery.properties.for })
])
const ExecRequest = Type.Composite([Named, Type.Omit(ExecCommand, ['stream'])])
const LogsRequest = Type.Composite([
  Named,
  Type.Object({ tail: Type.Optional(Type.Integer({ minimum: 0, maximum: 100_000 })) }),
  Type.Pick(LogsQuery, ['since', 'until', 'stdout', 'stderr', 'follow']),
  Type.Object({ resume_after: Type.Optional(Type.String({ maxLength: 40 })) })
])

type Options = {
  containers: ContainerService
  stats: { now(id: string): object | undefined }
}

export function containerRpc({ containers, stats }: Options) {
  return {
    runDockerContainer: unary({
      operation: 'createContainer',
      scope: 'containers:write',
      request: RunRequest,
      call: async ({ idempotency_key: key, no_ports: none, ...body }, { signal, caller }) => {
        const { warnings, replayed, ...container } = await containers.create(
          caller,
          none ? { ...body, ports: [] } : body,
          { key },
          signal
        )
        return { container, warnings, replayed }
      }
    }),

    startDockerContainer: unary({
      operation: 'startContainer',
      scope: 'containers:write',
      request: Named,
      call: async ({ name }, { caller, signal }) => changed(await containers.start(caller, name, signal))
    }),

    stopDockerContainer: unary({
      operation: 'stopContainer',
      scope: 'containers:write',
      request: Type.Composite([Named, StopQuery]),
      call: async ({ name, timeout }, { caller, signal }) =>
        changed(await containers.stop(caller, name, timeout, signal))
    }),

    restartDockerContainer: unary({
      operation: 'restartContainer',
      scope: 'containers:write',
      request: Type.Composite([Named, StopQuery]),
      call: async ({ name, timeout }, { caller, signal }) =>
        changed(await containers.restart(caller, name, timeout, signal))
    }),

    pauseDockerContainer: unary({
      operation: 'pauseContainer',
      scope: 'containers:write',
      request: Named,
      call: async ({ name }, { caller, signal }) => changed(await containers.pause(caller, name, signal))
    }),

    unpauseDockerContainer: unary({
      operation: 'unpauseContainer',
      scope: 'containers:write',
      request: Named,
      call: async ({ name }, { caller, signal }) => changed(await containers.unpause(caller, name, signal))
    }),

    renameDockerContainer: unary({
      operation: 'renameContainer',
      scope: 'containers:write',
      request: Type.Composite([Named, Type.Object({ new_name: RenameContainer.properties.name })]),
      call: async ({ name, new_name: other }, { caller, signal }) =>
        changed(await containers.rename(caller, name, other, signal))
    }),

    removeDockerContainer: unary({
      operation: 'removeContainer',
      scope: 'containers:write',
      request: Type.Composite([Named, RemoveQuery]),
      call: async ({ name, force }, { caller, signal }) => {
        const { removed, ...rest } = await containers.remove(caller, name, force ?? false, signal)
        return { success: removed, ...rest }
      }
    }),

    updateDockerContainer: unary({
      operation: 'updateContainer',
      scope: 'containers:write',
      request: UpdateRequest,
      call: async ({ name, never_expires: forever, unset_env: unset = [], env, ...rest }, { caller, signal }) => {
        const without = Object.fromEntries(unset.map((variable) => [variable, null]))
        const body = {
          ...rest,
          ...((env !== undefined || unset.length > 0) && { env: { ...env, ...without } }),
          ...(forever && { ttl_seconds: null })
        }
        return changed(await containers.update(caller, name, body, signal))
      }
    }),

    listDockerContainers: unary({
      operation: 'listContainers',
      scope: 'read',
      request: ListContainersQuery,
      call: (query, { caller }) => {
        const { containers: page, total, nextCursor } = containers.list(caller, query)
        return { containers: page, total, ...(nextCursor !== undefined && { next_cursor: nextCursor }) }
      }
    }),

    inspectDockerContainer: unary({
      operation: 'getContainer',
      scope: 'read',
      request: Named,
      call: ({ name }, { caller }) => {
        const container = containers.get(caller, name)
        const usage = stats.now(container.full_id)
        return { container, ...(usage && { stats: usage }) }
      }
    }),

    waitDockerContainer: unary({
      operation: 'waitForContainer',
      scope: 'read',
      request: WaitRequest,
      call: async ({ name, condition, ...query }, { caller, signal }) => {
        const asked = { ...query, ...(condition && { for: condition }) }
        const { container, ...rest } = await containers.wait(caller, name, waitRequest(asked, signal))
        return { ...rest, ...(container && { container }) }
      }
    }),

    getDockerLogs: unary({
      operation: 'getContainerLogs',
      scope: 'read',
      request: LogsRequest,
      call: async ({ name, ...query }, { caller, signal }) => {
        const lines = await containers.allLogs(caller, name, logQuery(query, undefined), signal, MESSAGE_BYTES)
        return { lines: lines.map(logEntry) }
      }
    }),

    streamDockerLogs: streaming({
      operation: 'getContainerLogs',
      scope: 'read',
      request: LogsRequest,
      call: async function* ({ name, resume_after: last, ...query }, { caller, signal }) {
        for await (const item of containers.follow(caller, name, logQuery(query, last), last, signal)) {
          if ('line' in item) yield { line: logEntry(item.line) }
          else if (query.follow) yield item
        }
      }
    }),

    listDockerProcesses: unary({
      operation: 'getContainerProcesses',
      scope: 'read',
      request: Named,
      call: async ({ name }, { caller, signal }) => {
        const { titles, processes } = await containers.top(caller, name, signal)
        return { titles, processes: processes.map((values) => ({ values })) }
      }
    }),

    execDockerContainer: unary({
      operation: 'execInContainer',
      scope: 'exec',
      request: ExecRequest,
      call: async ({ name, ...command }, { caller, signal }) => {
        const { exitCode, ...rest } = await containers.exec(caller, name, command, signal)
        return { exit_code: exitCode, ...rest }
      }
    }),

    streamDockerExec: streaming({
      operation: 'execInContainer',
      scope: 'exec',
      request: ExecRequest,
      call: async function* ({ name, ...command }, { signal, caller }) {
        for await (const item of await containers.streamExec(caller, name, command, signal))
          yield 'end' in item ? item : { [item.stream]: item.text }
      }
    })
  } satisfies Partial<DockerMethods>
}

function changed({ changed: isChanged, message, changed_port: ports, replaced, ...container }: ChangedContainer) {
  return {
    container,
    changed: isChanged,
    message,
    ...(ports && { changed_port: ports }),
    ...(replaced !== undefined && { replaced })
  }
}
