import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'

type Props = { label: string; onClose: () => void; canClose?: boolean; class?: string; children: ComponentChildren }

/** The browser's own dialog, which traps the focus and closes with Escape. */
export function Dialog({ label, onClose, canClose = true, class: name = '', children }: Props) {
  const element = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    if (!element.current?.open) element.current?.showModal()
  }, [])
  return (
    <dialog
      ref={element}
      class={`float ${name}`}
      aria-label={label}
      onClose={onClose}
      onCancel={(event) => {
        if (!canClose) event.preventDefault()
      }}
      onClick={(event) => {
        if (canClose && event.target === element.current) element.current?.close()
      }}
    >
      {children}
    </dialog>
  )
}

export function Confirm({
  title,
  text,
  action,
  onYes,
  onClose
}: {
  title: string
  text: string
  action: string
  onYes: () => void
  onClose: () => void
}) {
  return (
    <Dialog label={title} onClose={onClose}>
      <div class="dialog-body">
        <h2>{title}</h2>
        <p>{text}</p>
        <div class="dialog-foot">
          <button type="button" class="button" onClick={onClose}>
            Keep
          </button>
          <button
            type="button"
            class="button danger"
            onClick={() => {
              onYes()
              onClose()
            }}
          >
            {action}
          </button>
        </div>
      </div>
    </Dialog>
  )
}
