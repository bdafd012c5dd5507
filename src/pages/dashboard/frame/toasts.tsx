import { dismiss, toasts } from '../state/toasts.ts'
import { IconButton, ProblemBox } from '../ui/parts.tsx'

export function Toasts() {
  return (
    <div class="toasts" aria-live="polite">
      {toasts.value.map(({ id, text, problem, undo }) => (
        <div class="toast" key={id}>
          <div>
            {text}
            {problem && <ProblemBox problem={problem} />}
          </div>
          {undo && (
            <button
              type="button"
              class="button small"
              onClick={() => {
                dismiss(id)
                undo()
              }}
            >
              Undo
            </button>
          )}
          <IconButton icon="close" label="Dismiss" onClick={() => dismiss(id)} />
        </div>
      ))}
    </div>
  )
}
