// One container: usage, logs, files, events, configuration.

import type { ComponentType } from 'preact'
import { useEffect } from 'preact/hooks'
import { ask } from '../../api/client.ts'
import type { Container } from '../../../../client/api.ts'
import { capital } from '../../../../lib/format.ts'
import { may, mayExec } from '../../state/access.ts'
import { act, busy, leaving, remove, verbsFor } from '../../state/actions.ts'
import { byId, containers, put } from '../../state/containers.ts'
import { hrefOf, path, query } from '../../state/route.ts'
import { Icon } from '../../ui/icon.tsx'
import { Empty, ProblemBox, Skeleton, useLoad } from '../../ui/parts.tsx'
import { State } from '../../ui/state.tsx'
import { Configuration } from './configuration.tsx'
import { Events } from './events.tsx'
import { Files } from './files/files.tsx'
import { Logs } from './logs.tsx'
import { Terminal } from './terminal/terminal.tsx'
import { Usage } from './usage.tsx'

type Tab = { name: string; label: string; View: ComponentType<{ container: Container }>; isOffered?: () => boolean }

const TABS: Tab[] = [
  { name: 'usage', label: 'Usage', View: Usage },
  { name: 'logs', label: 'Logs', View: Logs },
  { name: 'terminal', label: 'Terminal', View: Terminal, isOffered: mayExec },
  { name: 'files', label: 'Files', View: Files, isOffered: () => may('files') },
  { name: 'events', label: 'Events', View: Events },
  { name: 'configuration', label: 'Configuration', View: Configuration }
]

export function ContainerPage() {
  const [, id = '', tab = 'usage'] = path.value
  return <Known id={id} tab={tab} hrefOfTab={(name) => hrefOf('containers', id, name)} />
}

export function ContainerInDrawer() {
  const id = query.value.get('open') ?? ''
  const tab = query.value.get('tab') ?? 'usage'
  const hrefOfTab = (name: string) => {
    const next = new URLSearchParams(query.value)
    next.set('tab', name)
    next.delete('at')
    return `${hrefOf('containers')}?${next.toString()}`
  }
  return <Known id={id} tab={tab} hrefOfTab={hrefOfTab} />
}

type Props = { id: string; tab: string; hrefOfTab: (name: string) => string }

/** Only the server can resolve some names: the id of a replaced container. */
function Known({ id, tab, hrefOfTab }: Props) {
  const container = byId.value.get(id)
  const isMissing = containers.value !== undefined && container === undefined
  const { problem, again } = useLoad(async () => {
    if (isMissing) put(await ask('getContainer', { id }))
  }, [id, isMissing])
  if (container) return <Shown container={container} tab={tab} hrefOfTab={hrefOfTab} />
  if (!problem)
    return (
      <div class="view-body">
        <Skeleton />
      </div>
    )
  return (
    <Empty>
      <ProblemBox problem={problem} again={again} />
      <a class="button" href={hrefOf('containers')}>
        All containers
      </a>
    </Empty>
  )
}

function Shown({ container, tab, hrefOfTab }: { container: Container } & Omit<Props, 'id'>) {
  const offered = TABS.filter(({ isOffered }) => isOffered?.() ?? true)
  const shown = offered.find(({ name }) => name === tab) ?? offered[0]
  useEffect(() => {
    document.title = `${container.name} · Berth`
    return () => void (document.title = 'Berth')
  }, [container.name])
  return (
    <>
      <div class="container-head">
        <h1>{container.name}</h1>
        <State container={container} />
        <span class="muted mono">{container.image}</span>
        <Actions container={container} />
      </div>
      <nav class="tabs" aria-label="Views of the container">
        {offered.map(({ name, label }) => (
          <a key={name} class="tab" href={hrefOfTab(name)} aria-current={name === shown?.name ? 'page' : undefined}>
            {label}
          </a>
        ))}
      </nav>
      <div class="view-body">{shown && <shown.View key={container.id} container={container} />}</div>
    </>
  )
}

function Actions({ container }: { container: Container }) {
  const isBusy = busy.value.has(container.id) || leaving.value.has(container.id)
  return (
    <div class="actions-line">
      {container.url && container.state === 'running' && (
        <a class="button small main" href={container.url} target="_blank" rel="noreferrer">
          <Icon name="open" /> Open {new URL(container.url).port}
        </a>
      )}
      {verbsFor(container).map((verb) => (
        <button
          key={verb}
          type="button"
          class="button small"
          disabled={isBusy}
          onClick={() => void act(verb, [container])}
        >
          {capital(verb)}
        </button>
      ))}
      <a class="button small" href={`${hrefOf('create')}?from=${container.id}`}>
        Duplicate
      </a>
      <button
        type="button"
        class="button small danger"
        disabled={isBusy || !container.managed}
        onClick={() => remove([container])}
      >
        Remove
      </button>
    </div>
  )
}
