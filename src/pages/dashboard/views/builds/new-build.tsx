import { useRef, useState } from 'preact/hooks'
import { problemFrom, send } from '../../api/client.ts'
import type { BuildDetails, Problem } from '../../../../client/api.ts'
import { bytes } from '../../../../lib/format.ts'
import { go, hrefOf } from '../../state/route.ts'
import { ProblemBox } from '../../ui/parts.tsx'
import { useDrop } from '../../ui/use-drop.ts'
import { Text } from '../create/controls.tsx'
import { entriesOfDrop, entriesOfFiles } from '../../lib/dropped.ts'
import type { Entry } from '../../lib/tar.ts'
import { contextOf, LEFT_OUT, type Context } from './context.ts'

export function NewBuild() {
  const [context, setContext] = useState<Context>()
  const [problem, setProblem] = useState<Problem>()
  const files = useRef<HTMLInputElement>(null)
  const folder = useRef<HTMLInputElement>(null)

  const take = async (entries: Promise<Entry[]>) => {
    setProblem(undefined)
    try {
      const found = await entries
      if (found.length > 0) setContext(contextOf(found))
    } catch (error) {
      setProblem(problemFrom(error))
    }
  }
  const drop = useDrop((dropped) => void take(entriesOfDrop(dropped, LEFT_OUT)))
  const onPicked = (input: HTMLInputElement) => void take(Promise.resolve(entriesOfFiles(input.files)))

  return (
    <section class="drop" aria-label="New build" {...drop}>
      {context ? (
        <Ready context={context} onCancel={() => setContext(undefined)} />
      ) : (
        <>
          <p>Drop a Dockerfile, a folder or an archive here.</p>
          <span class="actions-line">
            <button type="button" class="button small" onClick={() => files.current?.click()}>
              Choose a file
            </button>
            <button type="button" class="button small" onClick={() => folder.current?.click()}>
              Choose a folder
            </button>
          </span>
        </>
      )}
      {problem && <ProblemBox problem={problem} />}
      <input ref={files} type="file" hidden aria-label="File" onChange={(event) => onPicked(event.currentTarget)} />
      <input
        ref={(element) => {
          folder.current = element
          if (element) element.webkitdirectory = true
        }}
        type="file"
        hidden
        aria-label="Folder"
        onChange={(event) => onPicked(event.currentTarget)}
      />
    </section>
  )
}

function Ready({ context, onCancel }: { context: Context; onCancel: () => void }) {
  const [image, setImage] = useState('')
  const [tags, setTags] = useState('latest')
  const [registry, setRegistry] = useState('')
  const [isPushed, setPushed] = useState(false)
  const [isRun, setRun] = useState(true)
  const [isSending, setSending] = useState(false)
  const [problem, setProblem] = useState<Problem>()

  const build = async () => {
    setSending(true)
    setProblem(undefined)
    const form = new FormData()
    form.append('image_name', image)
    for (const tag of tags.split(/[\s,]+/).filter(Boolean)) form.append('image_tag', tag)
    if (isPushed) form.append('push', 'true')
    if (registry) form.append('registry', registry)
    if (isRun) form.append('run', '{}')
    form.append('file', context.file, context.fileName)
    try {
      const made = (await (await send('/builds', { method: 'POST', body: form })).json()) as BuildDetails
      go(hrefOf('builds', made.id))
    } catch (error) {
      setProblem(problemFrom(error))
      setSending(false)
    }
  }
  return (
    <form
      class="rows"
      onSubmit={(event) => {
        event.preventDefault()
        void build()
      }}
    >
      <p>
        <strong>{context.about}</strong>, {bytes(context.file.size)}
      </p>
      <div class="form-line">
        <Text label="Image name" placeholder="team/web" value={image} onInput={setImage} />
        <Text label="Tags" value={tags} onInput={setTags} />
        <Text label="Registry" placeholder="Docker Hub" value={registry} onInput={setRegistry} />
      </div>
      <div class="actions-line">
        <label class="check">
          <input type="checkbox" checked={isRun} onChange={(event) => setRun(event.currentTarget.checked)} /> Run it
        </label>
        <label class="check">
          <input type="checkbox" checked={isPushed} onChange={(event) => setPushed(event.currentTarget.checked)} /> Push
          it
        </label>
        <button type="submit" class="button main" disabled={isSending || image === ''}>
          {isSending ? 'Sending …' : 'Build'}
        </button>
        <button type="button" class="button" onClick={onCancel}>
          Cancel
        </button>
      </div>
      {problem && <ProblemBox problem={problem} />}
    </form>
  )
}
