import type { ComponentChildren } from 'preact'
import type { Container } from '../../../../client/api.ts'
import { bytes, percent } from '../../../../lib/format.ts'
import { act, busy, leaving, remove, verbsFor } from '../../state/actions.ts'
import { changes } from '../../state/containers.ts'
import { ownerOf } from '../../state/owners.ts'
import { hrefOf, query } from '../../state/route.ts'
import { curves, latest, seedCurve, tick } from '../../state/stats.ts'
import { IconButton, Time } from '../../ui/parts.tsx'
import { Spark } from '../../ui/spark.tsx'
import { State } from '../../ui/state.tsx'
import { canChoose, shown } from './columns.ts'
import { portOf, type Sort } from './rows.ts'

const LIT_MS = 1_000

type Props = { container: Container; index: number; isChosen: boolean; onChoose: (isChosen: boolean) => void }

export function Row({ container, index, isChosen, onChoose }: Props) {
  const { id, name } = container
  return (
    <div
      class="vrow"
      role="row"
      aria-rowindex={index + 2}
      data-selected={isChosen ? '' : undefined}
      data-leaving={leaving.value.has(id) ? '' : undefined}
    >
      {canChoose.value && (
        <span role="cell">
          <input
            type="checkbox"
            aria-label={`Select ${name}`}
            checked={isChosen}
            onChange={(event) => onChoose(event.currentTarget.checked)}
          />
        </span>
      )}
      {shown.value.map(({ sort }) => (
        <Column key={sort} sort={sort} container={container} />
      ))}
      <span role="cell" class="row-actions">
        <Actions container={container} />
      </span>
    </div>
  )
}

function Column({ sort, container }: { sort: Sort; container: Container }) {
  const { id, name, image, url, state, created } = container
  switch (sort) {
    case 'state':
      return (
        <Cell id={id} fields={['state', 'health']}>
          <State container={container} />
        </Cell>
      )
    case 'name': {
      const others = new URLSearchParams(query.value)
      others.set('open', id)
      return (
        <Cell id={id} fields={['name']}>
          <a class="name-link" href={`${hrefOf('containers')}?${others.toString()}`} title={name}>
            {name}
          </a>
        </Cell>
      )
    }
    case 'image':
      return (
        <Cell id={id} fields={['image']} class="mono">
          <span title={image}>{image}</span>
        </Cell>
      )
    case 'port':
      return (
        <Cell id={id} fields={['url']}>
          {url && state === 'running' ? (
            <a href={url} target="_blank" rel="noreferrer" title={`Open ${url}`}>
              {portOf(container)}
            </a>
          ) : (
            <span class="muted">{url ? portOf(container) : '–'}</span>
          )}
        </Cell>
      )
    case 'cpu':
    case 'memory':
      return <Live container={container} figure={sort} />
    case 'owner': {
      const owner = ownerOf(container)
      return (
        <span role="cell" class="muted clip" title={owner || 'No token made it'}>
          {owner || '–'}
        </span>
      )
    }
    case 'age':
      return (
        <span role="cell" class="muted clip">
          <Time at={created} />
        </span>
      )
  }
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
    // A new key restarts the animation.
    <span role="cell" key={`${fields[0]} ${changed}`} class={`clip ${name} ${isLit ? 'lit' : ''}`}>
      {children}
    </span>
  )
}

/** A separate component, so that new statistics render nothing else. */
function Live({ container: { id, limits }, figure }: { container: Container; figure: 'cpu' | 'memory' }) {
  void tick.value
  const now = latest.get(id)
  const curve = curves.get(id)
  if (!now || !curve)
    return (
      <span role="cell" class="muted">
        –
      </span>
    )
  seedCurve(id)
  const most = now.memory_limit_bytes ?? undefined
  const shown =
    figure === 'cpu'
      ? {
          text: percent(now.cpu_percent),
          about: 'Percent of one core',
          top: limits.cpus === null ? undefined : limits.cpus * 100
        }
      : { text: bytes(now.memory_bytes), about: most ? `of ${bytes(most)}` : 'without a limit', top: most }
  return (
    <span role="cell" class="live">
      <Spark
        points={curve[figure]}
        top={shown.top}
        label={`${figure === 'cpu' ? 'CPU' : 'Memory'} in the last minute`}
      />
      <span class="clip" title={shown.about}>
        {shown.text}
      </span>
    </span>
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
