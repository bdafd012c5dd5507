// Facts about the chosen image, if the engine has it.

import { ask } from '../../api/client.ts'
import { bytes } from '../../../../lib/format.ts'
import { Facts, type Fact } from '../../ui/facts.tsx'
import { useLoad } from '../../ui/parts.tsx'
import type { Form } from './form.ts'

export function ImageFacts({ image, onTake }: { image: string; onTake: (change: Partial<Form>) => void }) {
  const { value } = useLoad(async () => {
    if (image === '') return undefined
    // A half-typed name is not an error to show.
    return ask('getImage', { reference: image }).catch(() => undefined)
  }, [image])
  if (image === '') return null
  if (!value)
    return (
      <section class="panel muted">
        The engine does not have <code>{image}</code> yet. It is pulled when the container is made.
      </section>
    )
  const env = value.env.map((each) => each.replace(/=.*$/s, '')).filter((name) => name !== 'PATH')
  const command = [...value.entrypoint, ...value.command]
  const facts: Fact[] = [
    ['Size', bytes(value.size)],
    [
      'Ports',
      value.exposed_ports.length > 0 && (
        <>
          {value.exposed_ports.join(', ')}{' '}
          {value.exposed_ports.length > 1 && (
            <button
              type="button"
              class="button small"
              onClick={() => onTake({ ports: value.exposed_ports.map(Number.parseFloat).join(', ') })}
            >
              Use all
            </button>
          )}
        </>
      )
    ],
    ['Volumes', value.volumes.join(', ')],
    [
      'Environment',
      env.length > 0 && (
        <>
          {env.join(', ')}{' '}
          <button
            type="button"
            class="button small"
            onClick={() => onTake({ env: env.map((name) => ({ name, value: '' })) })}
          >
            Set these
          </button>
        </>
      )
    ],
    ['Command', command.length > 0 && <code>{command.join(' ')}</code>]
  ]
  return (
    <section class="panel">
      <h2>The image</h2>
      <Facts facts={facts} />
    </section>
  )
}
