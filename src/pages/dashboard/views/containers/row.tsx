import type { ComponentChildren } from 'preact'
import type { Container } from '../../gen/api.ts'
import { bytes, percent } from '../../lib/format.ts'
import { act, busy, leaving, remove, verbsFor } from '../../state/actions.ts'
import { changes } from '../../state/containers.ts'
import { hrefOf, query } from '../../state/route.ts'
import { curves, latest, seedCurve, tick } from '../../state/stats.ts'
import { IconButton, Time } from '../../ui/parts.tsx'
import { Spark } from '../../ui/spark.tsx'
import { State } from '../../ui/state.tsx'
import { portOf } from './rows.ts'

export const COLUMNS = 'var(--container-columns)'
const LIT_MS = 1_000

type Props = { container: Container; index: number; isChosen: boolean; onChoose: (isChosen: boolean) => void }

export function Row({ container, index, isChosen, onChoose }: Props) {
  const { id, name, image } = container
  const others = new URLSearchParams(query.value)
  others.set('open', id)
  return (
    <div
      class="vrow"
      role="row"
      aria-rowindex={index + 2}
      data-selected={isChosen ? '' : undefined}
      data-leaving={leaving.value.has(id) ? '' : undefined}
    >
      <span role="cell" class="col-choose">
        <input
          type="checkbox"
          aria-label={`Choose ${name}`}
          checked={isChosen}
          onChange={(event) => onChoose(event.currentTarget.checked)}
        />
      </span>
      <Cell id={id} fields={['state', 'health']}>
        <State container={container} />
      </Cell>
      <Cell id={id} fields={['name']}>
        <a class="name-link" href={`${hrefOf('containers')}?${others.toString()}`} title={name}>
          {name}
        </a>
      </Cell>
      <Cell id={id} fields={['image']} class="col-image mono">
        <span title={image}>{image}</span>
      </Cell>
      <Cell id={id} fields={['url']}>
        {container.url && container.state === 'running' ? (
          <a href={container.url} target="_blank" rel="noreferrer" title={`Open ${container.url}`}>
            {portOf(container)}
          </a>
        ) : (
          <span class="muted">{container.url ? portOf(container) : '–'}</span>
        )}
      </Cell>
      <Live container={container} />
      <span role="cell" class="col-age muted clip">
        <Time at={container.created} />
      </span>
      <span role="cell" class="row-actions">
        <Actions container={container} />
      </span>
    </div>
  )
}

function Cell({
  id,
  fields,
  class: name = '',
  children
}: {
  id: string
  fields: string[]
  class?: string
  children: ComponentChildren
}) {
  const changed = Math.max(...fields.map((field) => changes.get(`${id} ${field}`) ?? 0))
  const isLit = Date.now() - changed < LIT_MS
  return (
    // With another key the light begins anew.
    <span role="cell" key={`${fields[0]} ${changed}`} class={`clip ${name} ${isLit ? 'lit' : ''}`}>
      {children}
    </span>
  )
}

/** Its own component, so that the beat of the statistics draws nothing else. */
function Live({ container: { id, limits } }: { container: Container }) {
  void tick.value
  const now = latest.get(id)
  const curve = curves.get(id)
  if (!now || !curve)
    return (
      <>
        <span role="cell" class="col-live muted">
          –
        </span>
        <span role="cell" class="col-live muted">
          –
        </span>
      </>
    )
  seedCurve(id)
  const cpuTop = limits.cpus === null ? undefined : limits.cpus * 100
  return (
    <>
      <span role="cell" class="col-live live">
        <Spark points={curve.cpu} top={cpuTop} label="CPU in the last minute" />
        <span class="clip" title="Of one core">
          {percent(now.cpu_percent)}
        </span>
      </span>
      <span role="cell" class="col-live live">
        <Spark points={curve.memory} top={now.memory_limit_bytes ?? undefined} label="Memory in the last minute" />
        <span class="clip" title={now.memory_limit_bytes ? `of ${bytes(now.memory_limit_bytes)}` : 'without a limit'}>
          {bytes(now.memory_bytes)}
        </span>
      </span>
    </>
  )
}

function Actions({ container }: { container: Container }) {
  const { id, managed } = container
  const isBusy = busy.value.has(id) || leaving.value.has(id)
  const verbs = verbsFor(container).filter((verb) => verb !== 'pause')
  return (
    <>
      {verbs.map((verb) => (
        <IconButton
          key={verb}
          icon={verb}
          label={`${verb} ${container.name}`}
          disabled={isBusy}
          onClick={() => void act(verb, [container])}
        />
      ))}
      <IconButton
        icon="remove"
        label={`remove ${container.name}`}
        disabled={isBusy || !managed}
        onClick={() => remove([container])}
      />
    </>
  )
}
