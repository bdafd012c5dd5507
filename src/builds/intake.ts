// From an upload to a queued build in one call, for every API. A refused upload leaves nothing behind.

import { randomUUID } from 'node:crypto'
import type { Readable } from 'node:stream'
import type { Caller } from '../access/caller.ts'
import { ownerOf } from '../access/ownership.ts'
import type { Access } from '../access/service.ts'
import type { CreateContainer } from '../containers/create-schema.ts'
import { invalidField, invalidFields } from '../errors.ts'
import { describeViolations, type Validator } from '../lib/validator.ts'
import type { Allowance } from './allowance.ts'
import { holdsBuildKit } from './cgroup.ts'
import { inspectDockerfile, takeContext, type Intake } from './context/intake.ts'
import { leaveOutIgnored } from './context/leave-out.ts'
import { invalidContext, type ContextLimits } from './context/rules.ts'
import type { BuildFiles } from './files.ts'
import type { BuildRecord } from './record.ts'
import { checkToRun, newRecord, type Credentials, type Origin } from './request.ts'
import { BuildFields, Run } from './schemas.ts'
import type { RegistryRules } from '../registry/rules.ts'
import type { Room } from './room.ts'
import type { Images } from './stages.ts'
import type { SourcePolicy } from './source-policy.ts'
import type { BuildTable } from './table.ts'

/** `limits` include those of the disk. */
type Upload = { id: string; limits: ContextLimits } & Intake
/** Accepts a Dockerfile or an archive, and names its build. */
type Receive = (content: Readable) => Promise<{ id: string }>
/** Fields as text or as parsed values. */
type Asked = { fields: unknown; username?: string; filename?: string | undefined }

type Options = {
  table: BuildTable
  files: BuildFiles
  room: Room
  allowance: Pick<Allowance, 'begin' | 'meter' | 'queued' | 'end'>
  credentials: Map<string, Credentials>
  limits: ContextLimits & { namespace: string | undefined; cgroupParent: string | undefined }
  validator: Pick<Validator, 'coercing' | 'strict'>
  images: Pick<Images, 'take'>
  rules: Pick<SourcePolicy, 'check'>
  /** Throws for names of a registry that is not permitted. */
  checkReach: RegistryRules['check']
  checkRun: (body: CreateContainer) => void
  /** Converts human forms to exact ones. */
  exactRun: (body: unknown) => unknown
  authorize: Access['authorize']
  onChange: (record: BuildRecord) => void
  now: () => number
}

export function createIntake(options: Options) {
  const {
    table,
    files,
    room,
    allowance,
    credentials,
    limits,
    images,
    rules,
    checkReach,
    checkRun,
    exactRun,
    authorize
  } = options
  const { onChange, now } = options
  // The fields of a form are text. The container in `run` is JSON, whose values keep their types.
  const isForm = options.validator.coercing(BuildFields)
  const isRun = options.validator.strict(Run)

  async function receive(content: Readable, id: string, { tokenId }: Caller): Promise<Upload> {
    await allowance.begin(id, tokenId)
    const meter = await allowance.meter(id)
    await room.require()
    await files.make(id)
    const take = (bytes: number) => {
      meter(bytes)
      room.take(bytes)
    }
    const bounds = { ...limits, take }
    return { id, limits: bounds, ...(await takeContext(content, files.contextPath(id), bounds)) }
  }

  /** Checks them against their schema and the rights of the caller. */
  function check(fields: unknown, caller: Caller): BuildFields {
    const { run: written, ...form } = fields as Record<string, unknown>
    const run = written === undefined ? undefined : exactRun(written)
    const isFit = [isForm(form), run === undefined || isRun(run)].every(Boolean)
    const ofRun = (isRun.errors ?? []).map((each) => ({ ...each, instancePath: `/run${each.instancePath}` }))
    if (!isFit) throw invalidFields(describeViolations([...(isForm.errors ?? []), ...(run ? ofRun : [])], 'body'))
    if (run !== undefined) authorize(caller, 'containers:write')
    return { ...(form as BuildFields), ...(run !== undefined && { run: run as CreateContainer }) }
  }

  async function submit(
    caller: Caller,
    { id, context, kept, limits: bounds }: Upload,
    fields: BuildFields,
    origin: Origin
  ): Promise<void> {
    if (fields.builder === 'buildkit' && !holdsBuildKit(limits.cgroupParent))
      throw invalidField('builder', 'must be classic here: BuildKit cannot be put into BERTH_BUILD_CGROUP_PARENT')
    const made = newRecord(fields, { id, context, origin, now: now(), namespace: limits.namespace })
    const { secrets } = made
    const { dockerfile } = made.record
    const report = await inspectDockerfile(files.contextPath(id), dockerfile, secrets.buildArgs, kept)
    if (report.problems.length > 0)
      throw invalidContext(`${dockerfile} is no Dockerfile: ${report.problems.join('; ')}.`)
    const { needed: baseImages } = await rules.check(report, made.record)
    await checkReach(made.record.owner, made.record.references)
    checkToRun(made.record, secrets, checkRun)
    await images.take(caller, made.record.references)
    const sent = { ...context, ...(await leaveOutIgnored(files.contextPath(id), dockerfile, bounds, kept)) }
    await files.keepContext(id)
    const record = { ...made.record, baseImages, context: sent }
    await table.add(record, secrets)
    allowance.queued(id)
    if (made.credentials) credentials.set(id, made.credentials)
    onChange(record)
  }

  /** Returns the id of the build. `read` passes the upload to its argument, and returns the fields. */
  return async (
    { caller, door }: { caller: Caller; door: string },
    read: (receive: Receive) => Promise<Asked>
  ): Promise<string> => {
    const id = randomUUID()
    let upload: Upload | undefined
    try {
      const { fields, ...rest } = await read(async (content) => (upload = await receive(content, id, caller)))
      if (!upload) throw invalidField('file', 'is missing: send a Dockerfile or an archive')
      await submit(caller, upload, check(fields, caller), { door, owner: ownerOf(caller), ...rest })
      return id
    } catch (error) {
      await files.remove(id)
      throw error
    } finally {
      allowance.end(id)
    }
  }
}
