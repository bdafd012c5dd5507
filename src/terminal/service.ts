// The rules of terminals: the callers that may open and resume one, their number, and their end.

import { randomBytes } from 'node:crypto'
import type { Audit } from '../access/audit.ts'
import type { Caller, Peer } from '../access/caller.ts'
import type { Config } from '../config.ts'
import type { ContainerRecord } from '../engine/contract/containers.ts'
import type { EngineWorkloads } from '../engine/contract/workloads.ts'
import { AppError, invalidFields, isAppError } from '../errors.ts'
import { describeViolations, type Validator } from '../lib/validator.ts'
import type { Resume, Start } from './frames.ts'
import { openRecording } from './recording.ts'
import { ResumeTerminal, StartTerminal } from './schemas.ts'
import { createSession, type Session, type Viewer } from './session.ts'
import { SHELL } from './shell.ts'

export type TerminalService = ReturnType<typeof createTerminalService>
/** The caller, also for the audit trail. */
export type Visitor = { caller: Caller; peer: Peer; requestId: string }

type Options = {
  engine: Pick<EngineWorkloads, 'startProcess'>
  /** The container, if commands may run in it. */
  target: (caller: Caller, reference: string) => ContainerRecord
  /** The current container. */
  refresh: (id: string) => Promise<ContainerRecord | undefined>
  validator: Validator
  audit: Pick<Audit, 'attempt'>
  config: Pick<Config, 'terminalsPerCaller' | 'terminalsMax' | 'terminalRecordings'>
  log: { error(fields: object, message: string): void }
  lingerMs?: number
}

const LINGER_MS = 60_000
const STOP_GRACE_MS = 150
const OBJECT_LENGTH = 128
const SIZE = { cols: 80, rows: 24 }

export function createTerminalService({
  engine,
  target,
  refresh,
  validator,
  audit,
  config,
  log,
  lingerMs = LINGER_MS
}: Options) {
  const kept = new Map<string, { owner: string; session: Session }>()
  const starting = new Map<string, number>()
  const isStart = validator.typed(StartTerminal)
  const isResume = validator.typed(ResumeTerminal)
  let isStopping = false

  const ownerOf = ({ tokenId, name }: Caller) => tokenId ?? name

  function takePlace(caller: Caller): () => void {
    const owner = ownerOf(caller)
    const own = [...kept.values()].filter((each) => each.owner === owner).length + (starting.get(owner) ?? 0)
    const all = kept.size + [...starting.values()].reduce((sum, count) => sum + count, 0)
    const isFull = own >= config.terminalsPerCaller
    if (isFull || all >= config.terminalsMax)
      throw new AppError(
        'TOO_MANY_REQUESTS',
        isFull
          ? `"${caller.name}" has ${own} terminals open, the maximum. Close one.`
          : `All callers together have ${all} terminals open, the maximum.`,
        { retryAfterSeconds: 5 }
      )
    starting.set(owner, (starting.get(owner) ?? 0) + 1)
    return () => {
      const rest = (starting.get(owner) ?? 1) - 1
      if (rest > 0) starting.set(owner, rest)
      else starting.delete(owner)
    }
  }

  async function start(reference: string, asked: Start, visitor: Visitor): Promise<Viewer> {
    if (isStopping) throw new AppError('SERVER_STOPPING', 'The server is stopping.')
    const record = target(visitor.caller, reference)
    const giveBack = takePlace(visitor.caller)
    try {
      const line = asked.command?.join(' ') ?? 'the best shell'
      const attempt = await audit.attempt({
        ...visitor,
        scope: 'exec',
        action: 'runInTerminal',
        object: `${record.name}: ${line}`.slice(0, OBJECT_LENGTH)
      })
      try {
        return await run(record, asked, visitor.caller, (code) => void attempt.end(code))
      } catch (error) {
        await attempt.end(isAppError(error) ? error.code : 'INTERNAL')
        throw error
      }
    } finally {
      giveBack()
    }
  }

  async function run(
    record: ContainerRecord,
    { command, env, working_dir: workingDir, user, cols = SIZE.cols, rows = SIZE.rows }: Start,
    caller: Caller,
    onEnd: (code: null) => void
  ): Promise<Viewer> {
    const { terminalRecordings: folder } = config
    const size = { cols, rows }
    const running = await engine.startProcess(record.id, {
      command: command ?? SHELL,
      env: { TERM: 'xterm-256color', ...env },
      workingDir,
      user,
      size,
      takesInput: true
    })
    const id = randomBytes(16).toString('base64url')
    const open = async () => {
      if (folder === undefined) return undefined
      const onFailure = (err: Error) => log.error({ err, container: record.name }, 'a terminal is no longer recorded')
      return openRecording({ folder, name: record.name, size, command: command?.join(' ') ?? '', onFailure })
    }
    const recording = await open().catch(async (error: unknown) => {
      await running.end(STOP_GRACE_MS)
      throw error
    })
    const session = createSession({
      id,
      command: command ?? [],
      running,
      recording,
      lingerMs,
      async whyEnded() {
        const now = await refresh(record.id)
        if (now?.state === 'running') return 'exited'
        return now ? 'the container has stopped' : 'the container was removed'
      },
      onEnd: () => {
        caller.life.removeEventListener('abort', revoke)
        onEnd(null)
      },
      onGone: () => void kept.delete(id)
    })
    const revoke = () => void session.end('the token was revoked or has expired')
    caller.life.addEventListener('abort', revoke, { once: true })
    if (caller.life.aborted) revoke()
    kept.set(id, { owner: ownerOf(caller), session })
    return session.attach()
  }

  function resume({ session: id, received, cols, rows }: Resume, { caller }: Visitor): Viewer {
    const found = kept.get(id)
    if (!found || found.owner !== ownerOf(caller))
      throw new AppError('TERMINAL_NOT_FOUND', 'You have no terminal session with this id. Open a new one.')
    const viewer = found.session.attach(received)
    if (cols !== undefined && rows !== undefined) viewer.take({ kind: 'resize', cols, rows })
    return viewer
  }

  return {
    /** Whether a terminal may be opened there. */
    check: (caller: Caller, reference: string): void => void target(caller, reference),

    /** A new session, or one to resume. `asked` is unchecked JSON. */
    async open(reference: string, asked: unknown, visitor: Visitor): Promise<Viewer> {
      const isBack = typeof asked === 'object' && asked !== null && 'session' in asked
      const isValid = isBack ? isResume : isStart
      if (!isValid(asked)) throw invalidFields(describeViolations(isValid.errors ?? [], 'open'))
      return isBack ? resume(asked as Resume, visitor) : start(reference, asked as Start, visitor)
    },

    /** Ends every session in order, and refuses new ones. */
    async close(): Promise<void> {
      isStopping = true
      const all = [...kept.values()]
      await Promise.all(all.map(({ session }) => session.end('the server is stopping', STOP_GRACE_MS)))
    }
  }
}
