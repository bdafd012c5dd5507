import { useState } from 'preact/hooks'
import { keepToken, tokenWanted } from '../state/session.ts'
import { Dialog } from '../ui/dialog.tsx'

export function TokenPrompt() {
  const [text, setText] = useState('')
  const why = tokenWanted.value
  if (why === undefined) return null
  return (
    <Dialog label="Token" canClose={false} onClose={() => {}}>
      <form
        class="dialog-body"
        onSubmit={(event) => {
          event.preventDefault()
          keepToken(text.trim())
        }}
      >
        <h2>This server requires a token</h2>
        {why !== '' && (
          <p class="bad" role="alert">
            {why}
          </p>
        )}
        <label class="field">
          <span>Token</span>
          <input
            class="input mono"
            type="password"
            autocomplete="off"
            spellcheck={false}
            required
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
          <span class="hint">It stays in this tab, goes only to this server, and is gone when you close the tab.</span>
        </label>
        <div class="dialog-foot">
          <button type="submit" class="button main">
            Continue
          </button>
        </div>
      </form>
    </Dialog>
  )
}
