// Actions on the selected containers.

import type { Container } from '../../../../client/api.ts'
import { capital, plural } from '../../../../lib/format.ts'
import { act, remove, verbsFor, type Verb } from '../../state/actions.ts'

const VERBS = ['start', 'stop', 'restart'] as const satisfies Verb[]

export function Bulk({ targets, onDone }: { targets: Container[]; onDone: () => void }) {
  return (
    <div class="bulk" role="group" aria-label="Actions for the selection">
      <span class="muted">{plural(targets.length, 'chosen', 'chosen')}</span>
      {VERBS.map((verb) => {
        const able = targets.filter((each) => verbsFor(each).includes(verb))
        return (
          <button
            key={verb}
            type="button"
            class="button small"
            disabled={able.length === 0}
            onClick={() => {
              void act(verb, able)
              onDone()
            }}
          >
            {capital(verb)}
          </button>
        )
      })}
      <button
        type="button"
        class="button small danger"
        onClick={() => {
          remove(targets)
          onDone()
        }}
      >
        Remove
      </button>
    </div>
  )
}
