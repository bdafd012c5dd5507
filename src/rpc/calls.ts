// A call: converts its request from protobuf to JSON and validates it, converts its answer back, and its errors to a status.

import { fromJson, ScalarType, toJson, type DescMessage, type JsonValue, type Message } from '@bufbuild/protobuf'
import { reflect } from '@bufbuild/protobuf/reflect'
import { Code, ConnectError, type HandlerContext } from '@connectrpc/connect'
import { AppError, cancellation, invalidFields, isAppError, unexpected, type ErrorCode } from '../errors.ts'
import { hasTooManyValues, MAX_VALUES } from '../lib/values.ts'
import { describeViolations, type Validator } from '../lib/validator.ts'
import { ARRIVAL, CALLER, isChange, subjectOf, type Security } from './gate.ts'
import type { AnyMethod, Call, DuplexMethod, ReceivingMethod, StreamingMethod, UnaryMethod } from './methods.ts'
import { toStatus } from './status.ts'

export type CallOptions = Security & {
  validator: Validator
  log: { debug(fields: object, message: string): void; error(fields: object, message: string): void }
}
type Shapes = { input: DescMessage; output: DescMessage }
type Body = Record<string, unknown>

export function answering(options: CallOptions, method: UnaryMethod, { input, output }: Shapes) {
  return (message: Message, context: HandlerContext) =>
    refusing(options, context, async () => {
      const call = callOf(options, context)
      await method.ready?.()
      const body = read(options, method, input, message)
      return write(
        output,
        await audited(options, method, context, body, () => forCaller(options, context, () => method.call(body, call)))
      )
    })
}

export function streaming(options: CallOptions, method: StreamingMethod, { input, output }: Shapes) {
  return async function* (message: Message, context: HandlerContext) {
    const call = callOf(options, context)
    const open = async () => {
      await takePlace(options, method, call)
      const body = read(options, method, input, message)
      const source = forCaller(options, context, () => method.call(body, call))[Symbol.asyncIterator]()
      const { first } = await audited(options, method, context, body, async () => ({
        first: await forCaller(options, context, () => source.next())
      }))
      return { source, first }
    }
    const { source, first } = await refusing(options, context, open)
    yield* relay(options, context, call, source, first, output)
  }
}

/** The handler gets a stream of requests; a read of an invalid one throws. */
export function duplex(options: CallOptions, method: DuplexMethod, { input, output }: Shapes) {
  return async function* (messages: AsyncIterable<Message>, context: HandlerContext) {
    const call = callOf(options, context)
    async function* requests() {
      for await (const message of arriving(messages)) yield read(options, method, input, message)
    }
    const open = async () => {
      await takePlace(options, method, call)
      const source = forCaller(options, context, () => method.call(requests(), call))[Symbol.asyncIterator]()
      return { source, first: await forCaller(options, context, () => source.next()) }
    }
    const { source, first } = await refusing(options, context, open)
    yield* relay(options, context, call, source, first, output)
  }
}

async function takePlace({ budget }: CallOptions, { ready }: AnyMethod, { signal, caller }: Call): Promise<void> {
  await ready?.()
  // A caller that has already disconnected would take a place that nothing releases.
  signal.throwIfAborted()
  signal.addEventListener('abort', budget.stream(caller), { once: true })
}

async function* relay(
  options: CallOptions,
  context: HandlerContext,
  { signal }: Call,
  source: AsyncIterator<object>,
  first: IteratorResult<object>,
  output: DescMessage
): AsyncGenerator<Message> {
  try {
    for (let next = first; !next.done; next = await refusing(options, context, () => source.next()))
      yield write(output, next.value)
  } finally {
    await source.return?.()
  }
  // The sources end silently when their reader is gone or the server stops.
  if (signal.aborted) await refusing(options, context, () => Promise.reject(cancellation(signal)))
}

/** A client stream. It is recorded like any change, with the values of its first message. */
export function receiving(options: CallOptions, method: ReceivingMethod, { input, output }: Shapes) {
  return (messages: AsyncIterable<Message>, context: HandlerContext) =>
    refusing(options, context, async () => {
      const call = callOf(options, context)
      await method.ready?.()
      const source = arriving(messages)
      const { value: first, done } = await source.next()
      if (done) throw new AppError('INVALID_REQUEST', 'The stream has no message.')
      const body = read(options, method, input, first)
      const task = () => forCaller(options, context, () => method.call(body, call, bytesOf(source, input)))
      return write(output, await audited(options, method, context, body, task))
    })
}

/** The client's stream. An unreadable message is the client's fault. */
async function* arriving(messages: AsyncIterable<Message>): AsyncGenerator<Message> {
  try {
    yield* messages
  } catch (error) {
    if (!(error instanceof ConnectError)) throw error
    const { code, rawMessage, cause } = error
    if (code === Code.Canceled || code === Code.DeadlineExceeded)
      throw new AppError('REQUEST_CANCELLED', rawMessage, { cause })
    throw new AppError(code === Code.ResourceExhausted ? 'BODY_TOO_LARGE' : 'INVALID_REQUEST', rawMessage, { cause })
  }
}

async function* bytesOf(source: AsyncIterator<Message>, schema: DescMessage): AsyncGenerator<Body> {
  for (let next = await source.next(); !next.done; next = await source.next()) {
    const bytes = takeBytes(schema, next.value)
    const other = Object.keys(jsonOf(schema, next.value))
    if (other.length > 0)
      throw invalidFields(other.map((field) => ({ field, message: 'may stand in the first message only' })))
    yield bytes
  }
}

function forCaller<T>({ onBehalf, budget, nobody }: CallOptions, { values }: HandlerContext, task: () => T): T {
  return onBehalf.run(budget.whose(values.get(CALLER) ?? nobody, values.get(ARRIVAL).address), task)
}

/** Every error is sent as a status with details. */
export async function refusing<T>(
  { log }: Pick<CallOptions, 'log'>,
  { values, signal, responseHeader }: HandlerContext,
  task: () => Promise<T>
): Promise<T> {
  const { requestId } = values.get(ARRIVAL)
  try {
    responseHeader.set('x-request-id', requestId)
    return await task()
  } catch (error) {
    const known = error instanceof AppError ? error : unexpected(error)
    if (known.code === 'INTERNAL') log.error({ err: error, requestId }, 'unexpected error')
    else log.debug({ err: error, code: known.code, requestId }, 'call refused')
    const isLate = isAppError(known, 'REQUEST_CANCELLED') && hasPassed(signal)
    throw isLate ? toStatus(known, requestId, Code.DeadlineExceeded) : toStatus(known, requestId)
  }
}

/** Records a change before and after it. */
async function audited<T>(
  { audit, nobody }: CallOptions,
  method: AnyMethod,
  context: HandlerContext,
  body: Body,
  task: () => T | Promise<T>
): Promise<T> {
  if (!isChange(method)) return task()
  const caller = context.values.get(CALLER) ?? nobody
  const attempt = await audit.attempt(subjectOf(context, method, caller, objectOf(body)))
  let code: ErrorCode | null = 'INTERNAL'
  let made: string | undefined
  try {
    const answer = await task()
    code = null
    made = idOf(answer)
    return answer
  } catch (error) {
    if (error instanceof AppError) code = error.code
    throw error
  } finally {
    await attempt.end(code, made)
  }
}

/** From the fields that name it. */
function objectOf({ name, id, reference, image, image_name: imageName, path }: Body): string | null {
  const object = name ?? id ?? reference ?? image ?? imageName
  if (typeof object !== 'string') return null
  return (typeof path === 'string' ? `${object}:${path}` : object).slice(0, 128)
}

function idOf(answer: unknown): string | undefined {
  const { first, container, build } = answer as Partial<Record<string, { id?: string; value?: unknown }>>
  return first?.value ? idOf(first.value) : (container?.id ?? build?.id)
}

function callOf({ nobody }: CallOptions, { values, signal }: HandlerContext): Call {
  const { address, requestId } = values.get(ARRIVAL)
  const caller = values.get(CALLER) ?? nobody
  return { caller, address, signal: translated(AbortSignal.any([signal, caller.life])), requestId }
}

/** The same signal, with a reason that services understand. */
function translated(signal: AbortSignal): AbortSignal {
  const life = new AbortController()
  const abort = () => life.abort(reasonOf(signal))
  if (signal.aborted) abort()
  else signal.addEventListener('abort', abort, { once: true })
  return life.signal
}

function reasonOf(signal: AbortSignal): AppError {
  if (signal.reason instanceof AppError) return signal.reason
  return new AppError(
    'REQUEST_CANCELLED',
    hasPassed(signal) ? 'The deadline of the call has passed.' : 'The client disconnected.'
  )
}

function hasPassed({ reason }: AbortSignal): boolean {
  return reason instanceof ConnectError && reason.code === Code.DeadlineExceeded
}

function read({ validator }: CallOptions, { request }: AnyMethod, schema: DescMessage, message: Message): Body {
  const files = takeBytes(schema, message)
  if (hasTooManyValues(message))
    throw new AppError('INVALID_REQUEST', `The request has more than ${MAX_VALUES} values.`)
  const body = Object.assign(jsonOf(schema, message), files)
  const validate = validator.typed(request)
  if (!validate(body)) throw invalidFields(describeViolations(validate.errors ?? [], 'request'))
  return body
}

/** A message may contain values that JSON cannot express, such as a time after the year 9999. */
function jsonOf(schema: DescMessage, message: Message): Body {
  try {
    return toJson(schema, message, { useProtoFieldName: true }) as Body
  } catch (cause) {
    throw new AppError('INVALID_REQUEST', (cause as Error).message, { cause })
  }
}

/** Bytes stay bytes: as base64 in JSON they would briefly take forty times their size. */
function takeBytes(schema: DescMessage, message: Message): Body {
  const reflected = reflect(schema, message)
  const files: Body = {}
  for (const field of schema.fields) {
    if (field.fieldKind !== 'scalar' || field.scalar !== ScalarType.BYTES || !reflected.isSet(field)) continue
    files[field.name] = reflected.get(field)
    reflected.clear(field)
  }
  return files
}

function write(schema: DescMessage, answer: object): Message {
  const given = Object.entries(answer)
  const others = Object.fromEntries(given.filter(([, value]) => !(value instanceof Uint8Array)))
  const message = fromJson(schema, others as JsonValue, { ignoreUnknownFields: true })
  const reflected = reflect(schema, message)
  for (const [name, value] of given) {
    const field = value instanceof Uint8Array && schema.fields.find((each) => each.name === name)
    if (field && field.fieldKind === 'scalar') reflected.set(field, value)
  }
  return message
}
