// The progress of a create, from the server's events, until the response arrives.

import type { CreateContainer } from '../../../../client/api.ts'
import { duration } from '../../../../lib/format.ts'
import { now } from '../../state/clock.ts'
import { recent } from '../../state/feed.ts'
import { Layers, type LayerMap } from '../../ui/layers.tsx'
import { Mark } from '../../ui/state.tsx'

export function Waiting({ since, body, layers }: { since: number; body: CreateContainer; layers: LayerMap }) {
  const news = recent.value.filter(
    ({ type, time, name }) =>
      type.startsWith('container.') && Date.parse(time) >= since - 1_000 && (!body.name || name === body.name)
  )
  const has = (type: string) => news.some((event) => event.type === type)
  const steps = [
    {
      text: 'Image found or pulled, port leased, container created',
      isDone: has('container.created') || has('container.running')
    },
    { text: 'Started', isDone: has('container.running') },
    { text: `Waiting until ready: ${body.wait ?? 'running'}`, isDone: false }
  ]
  const current = steps.findIndex(({ isDone }) => !isDone)
  return (
    <section class="panel" role="status">
      <ol class="steps">
        {steps.map(({ text, isDone }, index) => (
          <li class="step" key={text}>
            <Mark shape={isDone ? 'disc' : index === current ? 'half' : 'ring'} tone={isDone ? 'good' : 'idle'} />
            {text}
            <span class="muted">{index === current ? duration(Math.max(0, now.value - since)) : ''}</span>
          </li>
        ))}
      </ol>
      {current === 0 && <Layers layers={layers} />}
    </section>
  )
}
