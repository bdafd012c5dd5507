import { useState } from 'preact/hooks'
import { capital } from '../../../lib/format.ts'
import { say, sayProblem } from '../state/toasts.ts'
import { Confirm } from './dialog.tsx'
import { IconButton } from './parts.tsx'

type Props = {
  name: string
  /** Default: remove. */
  verb?: 'remove' | 'revoke'
  warning: string
  remove: () => Promise<{ message: string }>
  onGone: () => void
}

/** Asks first, since a removal is permanent. */
export function Remove({ name, verb = 'remove', warning, remove, onGone }: Props) {
  const [isAsking, setAsking] = useState(false)
  const work = async () => {
    try {
      say((await remove()).message)
      onGone()
    } catch (error) {
      sayProblem(`${name} was not ${verb}d`, error)
    }
  }
  return (
    <>
      <IconButton icon="remove" label={`${verb} ${name}`} onClick={() => setAsking(true)} />
      {isAsking && (
        <Confirm
          title={`${capital(verb)} ${name}?`}
          text={warning}
          action={capital(verb)}
          onYes={() => void work()}
          onClose={() => setAsking(false)}
        />
      )}
    </>
  )
}
