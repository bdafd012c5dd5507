import { useState } from 'preact/hooks'
import { say, sayProblem } from '../state/toasts.ts'
import { Confirm } from './dialog.tsx'
import { IconButton } from './parts.tsx'

type Props = { name: string; warning: string; remove: () => Promise<{ message: string }>; onGone: () => void }

/** Asks first, since it cannot be taken back. */
export function Remove({ name, warning, remove, onGone }: Props) {
  const [isAsking, setAsking] = useState(false)
  const work = async () => {
    try {
      say((await remove()).message)
      onGone()
    } catch (error) {
      sayProblem(`${name} was not removed`, error)
    }
  }
  return (
    <>
      <IconButton icon="remove" label={`remove ${name}`} onClick={() => setAsking(true)} />
      {isAsking && (
        <Confirm
          title={`Remove ${name}?`}
          text={warning}
          action="Remove"
          onYes={() => void work()}
          onClose={() => setAsking(false)}
        />
      )}
    </>
  )
}
