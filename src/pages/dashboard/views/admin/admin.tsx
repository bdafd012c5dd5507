import { hrefOf, path } from '../../state/route.ts'
import { Audit } from './audit.tsx'
import { Limits } from './limits.tsx'
import { Tokens } from './tokens.tsx'

const TABS = { audit: 'Audit', tokens: 'Tokens', limits: 'Policy and limits' }

export function Admin() {
  const [, tab = 'audit'] = path.value
  return (
    <>
      <div class="view-head">
        <h1>Access</h1>
      </div>
      <nav class="tabs" aria-label="Views of access">
        {Object.entries(TABS).map(([name, label]) => (
          <a key={name} class="tab" href={hrefOf('admin', name)} aria-current={name === tab ? 'page' : undefined}>
            {label}
          </a>
        ))}
      </nav>
      <div class="view-body rows">
        {tab === 'tokens' && <Tokens />}
        {tab === 'limits' && <Limits />}
        {tab !== 'tokens' && tab !== 'limits' && <Audit />}
      </div>
    </>
  )
}
