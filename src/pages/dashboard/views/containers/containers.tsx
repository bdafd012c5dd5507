// Every container in one dense table, live.

import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { access } from '../../state/access.ts'
import { byId, containers, listProblem, loadContainers } from '../../state/containers.ts'
import { loadOwners, ownerOf } from '../../state/owners.ts'
import { hrefOf, query, setQuery } from '../../state/route.ts'
import { latest, tick, viewStats } from '../../state/stats.ts'
import { plural } from '../../../../lib/format.ts'
import { Icon } from '../../ui/icon.tsx'
import { Empty, ProblemBox, Skeleton } from '../../ui/parts.tsx'
import { VirtualTable } from '../../ui/virtual.tsx'
import { Bulk } from './bulk.tsx'
import { Drawer } from './drawer.tsx'
import { ColumnMenu } from './column-menu.tsx'
import { canChoose, template } from './columns.ts'
import { Head } from './head.tsx'
import { Row } from './row.tsx'
import { FILTERS, rowsOf, type Filter, type Sort } from './rows.ts'

export function Containers() {
  const chosen = useSignal<ReadonlySet<string>>(new Set())
  useEffect(viewStats, [])
  useEffect(loadOwners, [access.value])
  const all = containers.value
  const search = query.value.get('q') ?? ''
  const sort = (query.value.get('sort') ?? 'name') as Sort
  const isDown = query.value.get('down') === '1'
  const filters = new Set((query.value.get('show') ?? '').split(',').filter(Boolean))
  // Only a sort by figures changes every second.
  if (sort === 'cpu' || sort === 'memory') void tick.value
  const rows = rowsOf(all ?? [], { search, filters, sort, isDown }, { stats: latest, ownerOf })
  const open = query.value.get('open')

  const choose = (ids: string[], isChosen: boolean) => {
    const next = new Set(chosen.value)
    for (const id of ids) {
      if (isChosen) next.add(id)
      else next.delete(id)
    }
    chosen.value = next
  }
  const targets = [...chosen.value].flatMap((id) => byId.value.get(id) ?? [])

  return (
    <>
      <div class="view-head">
        <h1>Containers</h1>
        <a class="button main" href={hrefOf('create')}>
          <Icon name="plus" /> Create
        </a>
      </div>
      <div class="view-body table-view">
        <div class="filters">
          <input
            class="input"
            type="search"
            aria-label="Search containers"
            placeholder="Name, image, id or port"
            value={search}
            onInput={(event) => setQuery({ q: event.currentTarget.value })}
          />
          {FILTERS.map(({ name, label, fits }) => (
            <button
              key={name}
              type="button"
              class="chip"
              aria-pressed={filters.has(name)}
              onClick={() => setQuery({ show: toggled(filters, name) })}
            >
              {label} <b>{(all ?? []).filter(fits).length}</b>
            </button>
          ))}
          {canChoose.value && <ColumnMenu />}
          {targets.length > 0 && <Bulk targets={targets} onDone={() => (chosen.value = new Set())} />}
        </div>
        {listProblem.value && <ProblemBox problem={listProblem.value} again={() => void loadContainers()} />}
        {all === undefined && !listProblem.value && <Skeleton />}
        {all && rows.length === 0 && <Nothing isFiltered={search !== '' || filters.size > 0} />}
        {rows.length > 0 && (
          <VirtualTable
            items={rows}
            label={plural(rows.length, 'container')}
            columns={template.value}
            head={
              <Head
                sort={sort}
                isDown={isDown}
                isAllChosen={rows.every(({ id }) => chosen.value.has(id))}
                onChooseAll={(isChosen) =>
                  choose(
                    rows.map(({ id }) => id),
                    isChosen
                  )
                }
              />
            }
            row={(container, index) => (
              <Row
                key={container.id}
                container={container}
                index={index}
                isChosen={chosen.value.has(container.id)}
                onChoose={(isChosen) => choose([container.id], isChosen)}
              />
            )}
          />
        )}
      </div>
      {open !== null && <Drawer id={open} />}
    </>
  )
}

function toggled(filters: ReadonlySet<string>, name: Filter): string {
  const next = new Set(filters)
  if (!next.delete(name)) next.add(name)
  return [...next].join(',')
}

function Nothing({ isFiltered }: { isFiltered: boolean }) {
  if (isFiltered)
    return (
      <Empty>
        <p>No container matches.</p>
        <button type="button" class="button" onClick={() => setQuery({ q: undefined, show: undefined })}>
          Show all
        </button>
      </Empty>
    )
  return (
    <Empty>
      <p>No containers yet. The first one is one click away: every field has a default.</p>
      <a class="button main" href={hrefOf('create')}>
        Create a container
      </a>
    </Empty>
  )
}
