// A form for the name of a new thing, which creates it.

import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { sayProblem } from '../state/toasts.ts'

type Props = {
  label: string
  placeholder: string
  create: (name: string) => Promise<unknown>
  onCreated: () => void
  /** Small, for a line of other tools. */
  isSmall?: boolean
  children?: ComponentChildren
}

export function NameForm({ label, placeholder, create, onCreated, isSmall = false, children }: Props) {
  const [name, setName] = useState('')
  const size = isSmall ? 'small' : ''
  const submit = async () => {
    try {
      await create(name)
      setName('')
      onCreated()
    } catch (error) {
      sayProblem(`${name} was not created`, error)
    }
  }
  return (
    <form
      class={isSmall ? 'actions-line' : 'panel actions-line pull-line'}
      onSubmit={(event) => {
        event.preventDefault()
        void submit()
      }}
    >
      <input
        class={`input ${size}`}
        aria-label={label}
        placeholder={placeholder}
        required
        value={name}
        onInput={(event) => setName(event.currentTarget.value)}
      />
      {children}
      <button type="submit" class={`button ${size}`} disabled={name === ''}>
        Create
      </button>
    </form>
  )
}
