// Checks a request before it is read: its caller, host name and authorization. The rules are those of REST.

import { createContextKey, type HandlerContext } from '@connectrpc/connect'
import type { Audit } from '../access/audit.ts'
import type { Budget } from '../access/budget.ts'
import type { Caller } from '../access/caller.ts'
import type { Access } from '../access/service.ts'
import type { CheckOrigin } from '../access/request-origin.ts'
import { AppError } from '../errors.ts'
import type { OnBehalf } from '../lib/on-behalf.ts'
import type { AnyMethod, DockerMethods } from './methods.ts'

/** Facts about a request before anything of it is read. */
export type Arrival = {
  authority: string | undefined
  address: string
  requestId: string
  whenAnswered(then: () => void): void
  /** Of its answer, in bytes. */
  unsent(): number
  /** Its connection is in use until it is answered. */
  hold(): void
}
export type Security = {
  access: Access
  admit: CheckOrigin
  budget: Budget
  audit: Audit
  nobody: Caller
  onBehalf: OnBehalf
}
export type Gate = (context: HandlerContext, method: AnyMethod | 'open' | undefined) => void

export const ARRIVAL = createContextKey<Arrival>({
  authority: undefined,
  address: '',
  requestId: '',
  whenAnswered() {},
  unsent: () => 0,
  hold() {}
})
export const CALLER = createContextKey<Caller | undefined>(undefined)

export function createGate({ access, admit, budget, audit, nobody }: Security): Gate {
  return (context, method) => {
    const { values } = context
    try {
      letIn(context, method)
    } catch (error) {
      if (error instanceof AppError)
        void audit.refused(subjectOf(context, method, values.get(CALLER) ?? nobody), error.code)
      throw error
    }
  }

  function letIn(
    { values, requestHeader, requestMethod, method: called }: HandlerContext,
    method: Parameters<Gate>[1]
  ) {
    const { authority, address, whenAnswered, unsent, hold } = values.get(ARRIVAL)
    admit({
      method: requestMethod,
      host: authority,
      origin: requestHeader.get('origin') ?? undefined,
      fetchSite: requestHeader.get('sec-fetch-site') ?? undefined
    })
    if (method === 'open') return whenAnswered(budget.request(nobody, address, unsent))
    const caller = access.authenticate(requestHeader.get('authorization') ?? undefined, { address, door: 'grpc' })
    values.set(CALLER, caller)
    if (!method) throw new AppError('FORBIDDEN', `${called.name} declares no scope, so nobody may call it.`)
    access.authorize(caller, method.scope)
    whenAnswered(budget.request(caller, address, unsent))
    hold()
    if (isChange(method)) budget.change(caller)
  }
}

/** Whether it may change something; calls of the scope `read` do not. */
export function isChange({ scope }: AnyMethod): boolean {
  return scope !== 'read' && scope !== 'files' && scope !== 'open'
}

/** For the audit trail. */
export function subjectOf(
  { values, method: called }: HandlerContext,
  method: Parameters<Gate>[1],
  caller: Caller,
  object: string | null = null
) {
  const { address, requestId } = values.get(ARRIVAL)
  const declared = typeof method === 'object' ? method : undefined
  const peer = { address, door: 'grpc' } as const
  const action = declared?.operation ?? called.name
  return { caller, peer, scope: declared?.scope ?? null, action, object, requestId }
}

export function methodOf(methods: DockerMethods, name: string): AnyMethod | undefined {
  return Object.hasOwn(methods, name) ? methods[name as keyof DockerMethods] : undefined
}
