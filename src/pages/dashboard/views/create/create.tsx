// A new container: a form without required fields, and the resulting call, updated live.

import { useSignal } from '@preact/signals'
import { useEffect, useState } from 'preact/hooks'
import { ask, problemFrom } from '../../api/client.ts'
import { transfer } from '../../api/stream.ts'
import type { CreateContainer, CreatedContainer, Problem } from '../../../../client/api.ts'
import { curlOf } from '../../lib/curl.ts'
import { byId, put } from '../../state/containers.ts'
import { go, hrefOf, query } from '../../state/route.ts'
import { token } from '../../state/session.ts'
import { say } from '../../state/toasts.ts'
import { withProgress, type LayerMap } from '../../ui/layers.tsx'
import { CopyButton, ProblemBox, useLoad } from '../../ui/parts.tsx'
import { bodyOf } from '../container/body-of.ts'
import { Pairs, Select, Text } from './controls.tsx'
import { bodyFrom, EMPTY, formFrom, type Form } from './form.ts'
import { ImageFacts } from './image-facts.tsx'
import { faultOf } from './fault.ts'
import { fieldsOfCreate } from './schema.ts'
import { Waiting } from './waiting.tsx'

export function Create() {
  const from = byId.value.get(query.value.get('from') ?? '')
  const image = query.value.get('image')
  const form = useSignal<Form>(from ? formFrom(bodyOf(from)) : { ...EMPTY, image: image ?? '' })
  const [problem, setProblem] = useState<Problem>()
  const [since, setSince] = useState<number>()
  const [layers, setLayers] = useState<LayerMap>({})
  const [kind, setKind] = useState<'curl' | 'json'>('curl')
  const { value: fields = {} } = useLoad(fieldsOfCreate)
  const { value: images = [] } = useLoad(() => ask('listImages', {}))
  const { value: networks = [] } = useLoad(() => ask('listNetworks', {}))
  const { value: system } = useLoad(() => ask('getSystemInfo', {}))
  useEffect(() => {
    if (from && form.peek() === EMPTY) form.value = formFrom(bodyOf(from))
  }, [from])

  const body = bodyFrom(form.value)
  const set = (change: Partial<Form>) => (form.value = { ...form.value, ...change })
  const fault = (name: keyof CreateContainer) => faultOf(fields[name], body[name])
  const text = (name: 'name' | 'image' | 'command' | 'memory' | 'cpus' | 'storage_size' | 'ttl') => ({
    value: form.value[name],
    onInput: (value: string) => set({ [name]: value }),
    fault: fault(name)
  })

  const create = async () => {
    setProblem(undefined)
    setLayers({})
    setSince(Date.now())
    try {
      const made = await transfer<CreatedContainer>('/containers', {
        body,
        idempotencyKey: crypto.randomUUID(),
        onProgress: (progress) => setLayers((old) => withProgress(old, progress))
      })
      put(made)
      say(`${made.name} runs${made.url ? ` at ${made.url}` : ''}`)
      go(hrefOf('containers', made.id))
    } catch (error) {
      setProblem(problemFrom(error))
      setSince(undefined)
    }
  }
  const curl = curlOf({ method: 'POST', url: `${location.origin}/containers`, body, withToken: token() !== null })
  const json = JSON.stringify(body, null, 2)

  return (
    <>
      <div class="view-head">
        <h1>{from ? `Duplicate ${from.name}` : 'Create a container'}</h1>
      </div>
      <div class="view-body create">
        <form
          onSubmit={(event) => {
            event.preventDefault()
            void create()
          }}
        >
          <fieldset class="fieldset">
            <legend>What runs</legend>
            <div class="form-line">
              <Text label="Name" placeholder="generated if empty" {...text('name')} />
              <Text label="Image" placeholder="the server’s default" list="images" {...text('image')} />
            </div>
            <datalist id="images">
              {images.flatMap(({ tags }) => tags.map((tag) => <option key={tag} value={tag} />))}
            </datalist>
            <Text label="Command" hint="Replaces the image’s command." mono {...text('command')} />
          </fieldset>
          <fieldset class="fieldset">
            <legend>Ports and readiness</legend>
            <div class="form-line">
              <Text
                label="Ports of the workload"
                placeholder="the image’s exposed port"
                hint="5000, or 8150:5000 to choose the host port."
                value={form.value.ports}
                onInput={(ports) => set({ ports })}
              />
              <Select
                label="Ready when"
                value={form.value.wait}
                options={{
                  port: 'its port accepts connections',
                  http: 'it answers HTTP',
                  healthy: 'its health check passes',
                  running: 'it was started',
                  none: 'at once'
                }}
                onChange={(wait) => set({ wait })}
              />
            </div>
          </fieldset>
          <fieldset class="fieldset">
            <legend>Environment and labels</legend>
            <Pairs
              names={['Name', 'Value']}
              add="Add a variable"
              pairs={form.value.env}
              onChange={(env) => set({ env })}
            />
            <Pairs
              names={['Label', 'Its value']}
              add="Add a label"
              pairs={form.value.labels}
              onChange={(labels) => set({ labels })}
            />
          </fieldset>
          <fieldset class="fieldset">
            <legend>Limits and lifetime</legend>
            <div class="form-line">
              <Text label="Memory" placeholder="512m" {...text('memory')} />
              <Text label="CPUs" placeholder="0.5" {...text('cpus')} />
              <Text label="Storage" placeholder="10g" {...text('storage_size')} />
              <Text label="Removed after" placeholder="never, or 2h" {...text('ttl')} />
              <Select
                label="Restart"
                value={form.value.restart}
                options={{ no: 'no', 'on-failure': 'on failure', 'unless-stopped': 'unless stopped', always: 'always' }}
                onChange={(restart) => set({ restart })}
              />
            </div>
          </fieldset>
          <fieldset class="fieldset">
            <legend>Volumes and network</legend>
            <Pairs
              names={['Volume', 'Path inside']}
              add="Add a volume"
              pairs={form.value.volumes}
              onChange={(volumes) => set({ volumes })}
            />
            <Select
              label="Network"
              value={form.value.network}
              options={{
                '': 'the engine’s default',
                ...Object.fromEntries(networks.filter(({ usable }) => usable).map(({ name }) => [name, name])),
                none: 'none'
              }}
              onChange={(network) => set({ network })}
            />
          </fieldset>
          <fieldset class="fieldset">
            <legend>Isolation</legend>
            <div class="form-line">
              <Select
                label="Root file system"
                value={form.value.readOnly ? 'read-only' : 'writable'}
                options={{ writable: 'writable', 'read-only': 'read-only, except volumes' }}
                onChange={(choice) => set({ readOnly: choice === 'read-only' })}
              />
              <Select
                label="Runtime"
                value={form.value.runtime}
                options={{
                  '': 'as the policy says',
                  ...Object.fromEntries((system?.engine.runtimes ?? []).map((name) => [name, name]))
                }}
                onChange={(runtime) => set({ runtime })}
              />
            </div>
          </fieldset>
          {problem && <ProblemBox problem={problem} />}
          {since !== undefined && <Waiting since={since} body={body} layers={layers} />}
          <div class="actions-line">
            <button type="submit" class="button main" disabled={since !== undefined}>
              {since === undefined ? 'Create and start' : 'Creating …'}
            </button>
            <a class="button" href={hrefOf('containers')}>
              Cancel
            </a>
          </div>
        </form>
        <div class="beside">
          <ImageFacts image={form.value.image} onTake={set} />
          <section class="panel">
            <h2 class="actions-line">
              The same call
              <button type="button" class="chip" aria-pressed={kind === 'curl'} onClick={() => setKind('curl')}>
                curl
              </button>
              <button type="button" class="chip" aria-pressed={kind === 'json'} onClick={() => setKind('json')}>
                JSON
              </button>
              <CopyButton text={kind === 'curl' ? curl : json} label="Copy" />
            </h2>
            <pre class="code" tabIndex={0} aria-label="The call">
              {kind === 'curl' ? curl : json}
            </pre>
          </section>
        </div>
      </div>
    </>
  )
}
