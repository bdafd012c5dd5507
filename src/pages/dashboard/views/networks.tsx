import { useEffect, useState } from 'preact/hooks'
import { ask } from '../api/client.ts'
import type { Network } from '../gen/api.ts'
import { onEvent, soon } from '../state/feed.ts'
import { hrefOf } from '../state/route.ts'
import { say, sayProblem } from '../state/toasts.ts'
import { Confirm } from '../ui/dialog.tsx'
import { IconButton, ProblemBox, Skeleton, useLoad } from '../ui/parts.tsx'

export function Networks() {
  const { value: networks, problem, again } = useLoad(() => ask('listNetworks', {}))
  useEffect(() => {
    const read = soon(again, 300)
    return onEvent(({ type }) => {
      if (/^(network|container)\.|^resync$/.test(type)) read()
    })
  }, [])
  return (
    <>
      <div class="view-head">
        <h1>Networks</h1>
      </div>
      <div class="view-body rows">
        <New onMade={again} />
        {problem && <ProblemBox problem={problem} again={again} />}
        {!networks && !problem && <Skeleton />}
        {networks && (
          <div class="panel table-panel">
            <table class="plain">
              <thead>
                <tr>
                  <th>Name</th>
                  <th>Driver</th>
                  <th>Addresses</th>
                  <th>Containers on it</th>
                  <th>
                    <span class="hidden">Actions</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {networks.map((network) => (
                  <Row key={network.full_id} network={network} onGone={again} />
                ))}
              </tbody>
            </table>
          </div>
        )}
      </div>
    </>
  )
}

function Row({
  network: { name, driver, subnets, internal, managed, containers },
  onGone
}: {
  network: Network
  onGone: () => void
}) {
  const [isAsking, setAsking] = useState(false)
  const remove = async () => {
    try {
      say((await ask('removeNetwork', { name })).message)
      onGone()
    } catch (error) {
      sayProblem(`${name} was not removed`, error)
    }
  }
  return (
    <tr>
      <td>
        {name} {internal && <span class="tag">internal</span>}
      </td>
      <td>{driver}</td>
      <td class="mono">{subnets.join(', ')}</td>
      <td>
        {containers.map((each) => (
          <a key={each.id} href={hrefOf('containers', each.id)}>
            {each.name}{' '}
          </a>
        ))}
      </td>
      <td class="end">
        {managed && <IconButton icon="remove" label={`remove ${name}`} onClick={() => setAsking(true)} />}
        {isAsking && (
          <Confirm
            title={`Remove ${name}?`}
            text="Containers can no longer find each other on it."
            action="Remove"
            onYes={() => void remove()}
            onClose={() => setAsking(false)}
          />
        )}
      </td>
    </tr>
  )
}

function New({ onMade }: { onMade: () => void }) {
  const [name, setName] = useState('')
  const [isInternal, setInternal] = useState(false)
  const make = async () => {
    try {
      await ask('createNetwork', { body: { name, internal: isInternal } })
      setName('')
      onMade()
    } catch (error) {
      sayProblem(`${name} was not made`, error)
    }
  }
  return (
    <form
      class="panel actions-line pull-line"
      onSubmit={(event) => {
        event.preventDefault()
        void make()
      }}
    >
      <input
        class="input"
        aria-label="Name of the network"
        placeholder="shop"
        required
        value={name}
        onInput={(event) => setName(event.currentTarget.value)}
      />
      <label class="check">
        <input type="checkbox" checked={isInternal} onChange={(event) => setInternal(event.currentTarget.checked)} />{' '}
        Internal
      </label>
      <button type="submit" class="button">
        Create
      </button>
    </form>
  )
}
