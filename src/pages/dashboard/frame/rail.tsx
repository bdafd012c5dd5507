import { containers } from '../state/containers.ts'
import { hrefOf, path } from '../state/route.ts'
import { engineIsAway, health, isReachable } from '../state/server.ts'
import { forgetToken, token } from '../state/session.ts'
import { switchTheme, theme } from '../state/theme.ts'
import { Icon } from '../ui/icon.tsx'
import { Mark } from '../ui/state.tsx'
import { pages } from './pages.ts'
import { openPalette } from './palette.tsx'

const isMac = navigator.userAgent.includes('Mac')

export function Rail() {
  const [here = ''] = path.value
  return (
    <header class="rail">
      <a class="brand" href="/dashboard" aria-label="Berth">
        <img src={new URL('../icon.svg', import.meta.url).pathname} width="24" height="24" alt="" />
        <span class="label">Berth</span>
      </a>
      <button type="button" class="rail-link rail-search" onClick={openPalette}>
        <Icon name="search" />
        <span class="label">Find</span>
        <kbd aria-hidden="true">{isMac ? '⌘K' : 'Ctrl K'}</kbd>
      </button>
      <nav aria-label="Views">
        {pages.value.map(({ name, path: to, icon }) => (
          <a
            key={to}
            class="rail-link"
            href={to === '' ? '/dashboard' : hrefOf(to)}
            title={name}
            aria-current={here === to ? 'page' : undefined}
          >
            <Icon name={icon} />
            <span class="label">{name}</span>
            {to === 'containers' && containers.value && <span class="count">{containers.value.length}</span>}
          </a>
        ))}
      </nav>
      <Foot />
    </header>
  )
}

function Foot() {
  return (
    <div class="rail-foot">
      <div class="rail-tools">
        <a class="button plain small icon" href="/docs" aria-label="API" title="API: try every call">
          <Icon name="book" />
        </a>
        <button
          type="button"
          class="button plain small icon"
          onClick={switchTheme}
          aria-label="Switch theme"
          title="Switch theme"
        >
          <Icon name={theme.value === 'dark' ? 'sun' : 'moon'} />
        </button>
        {token() !== null && (
          <button
            type="button"
            class="button plain small icon"
            onClick={forgetToken}
            aria-label="Forget the token"
            title="Forget the token"
          >
            <Icon name="key" />
          </button>
        )}
      </div>
      <EngineState />
    </div>
  )
}

function EngineState() {
  const known = health.value
  const isGood = isReachable.value && !engineIsAway.value
  const word = !isReachable.value ? 'server unreachable' : engineIsAway.value ? 'engine away' : 'engine connected'
  return (
    <div class="rail-state" role="status" title={known?.engine_reason ?? known?.engine_address}>
      <span class="state">
        <Mark shape={isGood ? 'disc' : 'triangle'} tone={isGood ? 'good' : 'bad'} />
        <span class="label">{word}</span>
      </span>
      <span class="label muted">
        {known?.engine_name} {known?.engine_version}
      </span>
      <span class="label muted">Berth {known?.version}</span>
    </div>
  )
}
