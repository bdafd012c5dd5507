// Combines the parts of access.

import { isPrivate, type Config } from '../config.ts'
import type { Store } from '../store/contract/store.ts'
import type { Reserve } from '../store/reserve.ts'
import type { AuditFile } from './audit-file.ts'
import { createAudit } from './audit.ts'
import { createBudget } from './budget.ts'
import type { PolicyRules } from './policy.ts'
import { createOriginCheck } from './request-origin.ts'
import { createAccess } from './service.ts'
import { createTokens } from './tokens.ts'

type Options = {
  config: Config
  rules: Pick<PolicyRules, 'visibility'>
  store: Pick<Store, 'tokens' | 'audit' | 'flush' | 'onNews'>
  auditFile: AuditFile | undefined
  reserve: Reserve | undefined
  log: Parameters<typeof createTokens>[0]['log'] & Parameters<typeof createAudit>[0]['log']
}

export async function composeAccess({ config, rules: { visibility }, store, auditFile, reserve, log }: Options) {
  const { token } = config
  const reach = isPrivate(config)
  const tokens = await createTokens({
    table: store.tokens,
    hasOperator: token !== undefined,
    isPrivate: reach,
    visibility,
    log
  })
  store.onNews(async ({ about }) => {
    if (about === 'tokens' || about === 'missed') await tokens.reload()
  })
  return {
    tokens,
    access: createAccess({ token, tokens, isPrivate: reach }),
    audit: createAudit({ table: store.audit, flush: store.flush, file: auditFile, reserve, log }),
    budget: createBudget({
      changesPerSecond: config.changesPerSecond,
      streams: config.streamsPerCaller,
      requests: config.requestsPerCaller
    }),
    admit: createOriginCheck(config.allowedHosts, config.corsOrigins)
  }
}
