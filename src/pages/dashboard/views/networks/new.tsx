import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { ask } from '../../api/client.ts'
import { sayProblem } from '../../state/toasts.ts'

type Props = {
  label: string
  placeholder: string
  make: (name: string) => Promise<unknown>
  onMade: () => void
  children?: ComponentChildren
}

function New({ label, placeholder, make, onMade, children }: Props) {
  const [name, setName] = useState('')
  const work = async () => {
    try {
      await make(name)
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
        void work()
      }}
    >
      <input
        class="input"
        aria-label={label}
        placeholder={placeholder}
        required
        value={name}
        onInput={(event) => setName(event.currentTarget.value)}
      />
      {children}
      <button type="submit" class="button">
        Create
      </button>
    </form>
  )
}

export function NewNetwork({ onMade }: { onMade: () => void }) {
  const [isInternal, setInternal] = useState(false)
  return (
    <New
      label="Name of the network"
      placeholder="shop"
      make={(name) => ask('createNetwork', { body: { name, internal: isInternal } })}
      onMade={onMade}
    >
      <label class="check">
        <input type="checkbox" checked={isInternal} onChange={(event) => setInternal(event.currentTarget.checked)} />{' '}
        Internal
      </label>
    </New>
  )
}

export function NewVolume({ onMade }: { onMade: () => void }) {
  return (
    <New
      label="Name of the volume"
      placeholder="data"
      make={(name) => ask('createVolume', { body: { name } })}
      onMade={onMade}
    />
  )
}
