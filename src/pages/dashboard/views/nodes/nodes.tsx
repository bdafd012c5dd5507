// The machines of a Swarm, their containers, and whether they accept more.

import { useEffect, useState } from 'preact/hooks'
import type { Node } from '../../../../client/api.ts'
import { bytes } from '../../../../lib/format.ts'
import { ask } from '../../api/client.ts'
import { may } from '../../state/access.ts'
import { onEvent, soon } from '../../state/feed.ts'
import { say, sayProblem } from '../../state/toasts.ts'
import { Confirm } from '../../ui/dialog.tsx'
import { ProblemBox, Skeleton, useLoad } from '../../ui/parts.tsx'
import { Mark } from '../../ui/state.tsx'
import { Table } from '../../ui/table.tsx'
import { UsedBy } from '../../ui/used-by.tsx'

const HEADS = ['Node', 'State', 'Role', 'Address', 'Machine', 'Engine', 'Containers']
/** No event reports a node that was just lost. */
const AGAIN_MS = 5_000

export function Nodes() {
  const { value: nodes, problem, again } = useLoad(() => ask('listNodes', {}))
  useEffect(() => {
    const read = soon(again, 300)
    const timer = setInterval(() => document.hidden || again(), AGAIN_MS)
    const stop = onEvent(({ type }) => {
      if (/^(node|container)\.|^resync$/.test(type)) read()
    })
    return () => {
      clearInterval(timer)
      stop()
    }
  }, [])
  return (
    <>
      <div class="view-head">
        <h1>Nodes</h1>
        {nodes && <span class="muted">{nodes.filter(({ state }) => state === 'ready').length} ready</span>}
      </div>
      <div class="view-body rows">
        {problem && <ProblemBox problem={problem} again={again} />}
        {!nodes && !problem && <Skeleton />}
        {nodes && (
          <Table heads={HEADS} items={nodes} row={(node) => <Row key={node.id} node={node} onChanged={again} />} />
        )}
      </div>
    </>
  )
}

function Row({ node, onChanged }: { node: Node; onChanged: () => void }) {
  const { name, role, leader, address, cpus, memory, engine_version: engine, containers } = node
  return (
    <tr>
      <td>
        {name} {leader && <span class="tag">leader</span>}
      </td>
      <td>
        <NodeState node={node} />
      </td>
      <td>{role}</td>
      <td class="mono">{address ?? '–'}</td>
      <td>
        {cpus ?? '–'} cores, {memory === null ? '–' : bytes(memory)}
      </td>
      <td>{engine ?? '–'}</td>
      <td>
        <UsedBy containers={containers} />
      </td>
      <td class="end">{may('admin') && <Turn node={node} onChanged={onChanged} />}</td>
    </tr>
  )
}

function NodeState({ node: { state, availability, reachable } }: { node: Node }) {
  if (state !== 'ready') return <Said word={state} tone="bad" shape="cross" />
  if (reachable === false) return <Said word="unreachable" tone="bad" shape="triangle" />
  if (availability === 'drain') return <Said word="drained" tone="idle" shape="ring" />
  if (availability === 'pause') return <Said word="paused" tone="idle" shape="bars" />
  return <Said word="ready" tone="good" shape="disc" />
}

function Said({ word, ...look }: { word: string } & Parameters<typeof Mark>[0]) {
  return (
    <span class="state">
      <Mark {...look} />
      {word}
    </span>
  )
}

/** Drains a node, or lets it accept containers again. */
function Turn({ node: { id, name, availability, containers }, onChanged }: { node: Node; onChanged: () => void }) {
  const [isAsking, setAsking] = useState(false)
  const turn = async (call: 'drainNode' | 'activateNode', done: string) => {
    try {
      await ask(call, { id })
      say(`${name} ${done}`)
      onChanged()
    } catch (error) {
      sayProblem(`${name} was not changed`, error)
    }
  }
  if (availability !== 'active')
    return (
      <button
        type="button"
        class="button small"
        aria-label={`Activate ${name}`}
        onClick={() => void turn('activateNode', 'takes containers again')}
      >
        Activate
      </button>
    )
  return (
    <>
      <button type="button" class="button small" aria-label={`Drain ${name}`} onClick={() => setAsking(true)}>
        Drain
      </button>
      {isAsking && (
        <Confirm
          title={`Drain ${name}?`}
          text={`Its containers (${containers.length} that you see) stop and start again on other nodes.`}
          action="Drain"
          onYes={() => void turn('drainNode', 'is drained')}
          onClose={() => setAsking(false)}
        />
      )}
    </>
  )
}
