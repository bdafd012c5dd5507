// The fields of services that Berth reads. A change sends the other fields of a spec back unchanged.

import { Type, type Static } from '@sinclair/typebox'
import { UnreadableAnswer } from '../../docker/failures.ts'
import { Healthcheck } from '../../docker/schemas/containers.ts'
import { checkLabelled, createReader, Id, Labels, maybe, Texts } from '../../docker/schemas/schema.ts'

const Text = maybe(Type.String())
const Count = maybe(Type.Number())
const Flag = maybe(Type.Boolean())

const Port = Type.Object({
  Protocol: Text,
  TargetPort: Type.Number(),
  PublishedPort: Count,
  PublishMode: Text
})

const Container = Type.Object({
  Image: Type.String(),
  Labels,
  Command: Texts,
  Args: Texts,
  Env: Texts,
  Dir: Text,
  User: Text,
  TTY: Flag,
  ReadOnly: Flag,
  StopGracePeriod: Count,
  Healthcheck: maybe(Healthcheck),
  Mounts: maybe(Type.Array(Type.Object({ Type: Text, Source: Text, Target: Type.String(), ReadOnly: Flag }))),
  Privileges: maybe(Type.Object({ NoNewPrivileges: Flag })),
  CapabilityAdd: Texts,
  CapabilityDrop: Texts,
  Ulimits: maybe(Type.Array(Type.Object({ Name: Type.String(), Hard: Type.Number() })))
})

const Template = Type.Object({
  ContainerSpec: Container,
  Resources: maybe(Type.Object({ Limits: maybe(Type.Object({ NanoCPUs: Count, MemoryBytes: Count, Pids: Count })) })),
  Placement: maybe(
    Type.Object({
      Constraints: Texts,
      Preferences: maybe(Type.Array(Type.Object({ Spread: maybe(Type.Object({ SpreadDescriptor: Text })) })))
    })
  ),
  RestartPolicy: maybe(Type.Object({ Condition: Text })),
  Networks: maybe(Type.Array(Type.Object({ Target: Type.String(), Aliases: Texts }))),
  ForceUpdate: Count
})

const Spec = Type.Object({
  Name: Type.String({ minLength: 1 }),
  Labels,
  TaskTemplate: Template,
  Mode: Type.Object({ Replicated: maybe(Type.Object({ Replicas: Count })) }),
  EndpointSpec: maybe(Type.Object({ Mode: Text, Ports: maybe(Type.Array(Port)) }))
})

const Service = Type.Object({
  ID: Id,
  Version: Type.Object({ Index: Type.Number() }),
  CreatedAt: Type.String(),
  Spec
})

export type RawService = Static<typeof Service>
export type RawServiceSpec = Static<typeof Spec>

export const readServices = createReader(Type.Array(Service))
export const readServiceMade = createReader(Type.Object({ ID: Id, Warnings: Texts, Warning: Text }))

const readOne = createReader(Service)

export function readServicesLabelled(filter: string): (json: unknown) => RawService[] {
  return (json) => {
    const services = readServices(json)
    checkLabelled(
      services.map(({ Spec: spec }) => spec),
      filter
    )
    return services
  }
}

/** Checks the id or name. A valid answer about another service does not count. */
export function readService(asked: string): (json: unknown) => RawService {
  return (json) => {
    const service = readOne(json)
    if (service.ID === asked || service.Spec.Name === asked) return service
    throw new UnreadableAnswer(`it is about the service ${service.ID}`)
  }
}
