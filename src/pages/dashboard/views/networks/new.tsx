import { useState } from 'preact/hooks'
import { ask } from '../../api/client.ts'
import { NameForm } from '../../ui/name-form.tsx'

export function NewNetwork({ onMade }: { onMade: () => void }) {
  const [isInternal, setInternal] = useState(false)
  return (
    <NameForm
      label="Name of the network"
      placeholder="shop"
      create={(name) => ask('createNetwork', { body: { name, internal: isInternal } })}
      onCreated={onMade}
    >
      <label class="check">
        <input type="checkbox" checked={isInternal} onChange={(event) => setInternal(event.currentTarget.checked)} />{' '}
        Internal
      </label>
    </NameForm>
  )
}

export function NewVolume({ onMade }: { onMade: () => void }) {
  return (
    <NameForm
      label="Name of the volume"
      placeholder="data"
      create={(name) => ask('createVolume', { body: { name } })}
      onCreated={onMade}
    />
  )
}
