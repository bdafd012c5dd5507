// A list of names and values.

import type { ComponentChildren } from 'preact'

export type Fact = [name: string, value: ComponentChildren]

export function Facts({ facts }: { facts: Fact[] }) {
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <>
          <dt key={name}>{name}</dt>
          <dd>{value || <span class="muted">–</span>}</dd>
        </>
      ))}
    </dl>
  )
}
