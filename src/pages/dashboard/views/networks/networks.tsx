// Networks and volumes, each with the containers that use it.

import { useEffect } from 'preact/hooks'
import { ask } from '../../api/client.ts'
import { onEvent, soon } from '../../state/feed.ts'
import { hrefOf, path } from '../../state/route.ts'
import { ProblemBox, Skeleton, Time, useLoad } from '../../ui/parts.tsx'
import { NewNetwork, NewVolume } from './new.tsx'
import { Remove } from '../../ui/remove.tsx'
import { Table } from '../../ui/table.tsx'
import { UsedBy } from '../../ui/used-by.tsx'

const TABS = { networks: 'Networks', volumes: 'Volumes' }

export function Networks() {
  const [, tab = 'networks'] = path.value
  return (
    <>
      <div class="view-head">
        <h1>Networks and volumes</h1>
      </div>
      <nav class="tabs" aria-label="Networks and volumes">
        {Object.entries(TABS).map(([name, label]) => (
          <a key={name} class="tab" href={hrefOf('networks', name)} aria-current={name === tab ? 'page' : undefined}>
            {label}
          </a>
        ))}
      </nav>
      <div class="view-body rows">{tab === 'volumes' ? <AllVolumes /> : <AllNetworks />}</div>
    </>
  )
}

/** Reloads after events that may change their users. */
function useFresh<T>(load: () => Promise<T>) {
  const loaded = useLoad(load)
  useEffect(() => {
    const read = soon(loaded.again, 300)
    return onEvent(({ type }) => {
      if (/^(network|volume|container)\.|^resync$/.test(type)) read()
    })
  }, [])
  return loaded
}

function AllNetworks() {
  const { value: networks, problem, again } = useFresh(() => ask('listNetworks', {}))
  return (
    <>
      <NewNetwork onMade={again} />
      {problem && <ProblemBox problem={problem} again={again} />}
      {!networks && !problem && <Skeleton />}
      {networks && (
        <Table
          heads={['Name', 'Driver', 'Addresses', 'Containers on it']}
          items={networks}
          row={({ full_id: id, name, driver, subnets, internal, managed, containers }) => (
            <tr key={id}>
              <td>
                {name} {internal && <span class="tag">internal</span>}
              </td>
              <td>{driver}</td>
              <td class="mono">{subnets.join(', ')}</td>
              <td>
                <UsedBy containers={containers} />
              </td>
              <td class="end">
                {managed && (
                  <Remove
                    name={name}
                    warning="Containers can no longer find each other on it."
                    remove={() => ask('removeNetwork', { name })}
                    onGone={again}
                  />
                )}
              </td>
            </tr>
          )}
        />
      )}
    </>
  )
}

function AllVolumes() {
  const { value: volumes, problem, again } = useFresh(() => ask('listVolumes', {}))
  return (
    <>
      <NewVolume onMade={again} />
      {problem && <ProblemBox problem={problem} again={again} />}
      {!volumes && !problem && <Skeleton />}
      {volumes && (
        <Table
          heads={['Name', 'Driver', 'Mounted by', { label: 'Made', isEnd: true }]}
          items={volumes}
          row={({ name, driver, created, managed, containers }) => (
            <tr key={name}>
              <td>{name}</td>
              <td>{driver}</td>
              <td>
                <UsedBy containers={containers} />
              </td>
              <td class="end muted">{created && <Time at={created} />}</td>
              <td class="end">
                {managed && (
                  <Remove
                    name={name}
                    warning="Its content is lost. You cannot undo this."
                    remove={() => ask('removeVolume', { name })}
                    onGone={again}
                  />
                )}
              </td>
            </tr>
          )}
        />
      )}
    </>
  )
}
