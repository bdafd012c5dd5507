// One field that finds any container, image, build, port, view or action.

import { signal } from '@preact/signals'
import { useEffect, useMemo, useState } from 'preact/hooks'
import { ask } from '../api/client.ts'
import { find } from '../lib/fuzzy.ts'
import { act, verbsFor } from '../state/actions.ts'
import { containers } from '../state/containers.ts'
import { go, hrefOf } from '../state/route.ts'
import { switchTheme } from '../state/theme.ts'
import { portOf } from '../views/containers/rows.ts'
import { Dialog } from '../ui/dialog.tsx'
import { pages } from './pages.ts'

type Item = { key: string; name: string; kind: string; run: () => void }

const isOpen = signal(false)
export const openPalette = () => (isOpen.value = true)

addEventListener('keydown', (event) => {
  if (event.key.toLowerCase() !== 'k' || !(event.metaKey || event.ctrlKey)) return
  event.preventDefault()
  isOpen.value = !isOpen.value
})

const SHOWN = 12

export function Palette() {
  return isOpen.value ? <Open /> : null
}

function Open() {
  const [text, setText] = useState('')
  const [at, setAt] = useState(0)
  const [fetched, setFetched] = useState<Item[]>([])
  useEffect(() => void fetchOthers().then(setFetched, () => {}), [])
  const items = useMemo(() => [...known(), ...fetched], [containers.value, fetched])
  const found = useMemo(() => find(text, items, SHOWN), [text, items])
  const close = () => (isOpen.value = false)
  const run = (item: Item | undefined) => {
    close()
    item?.run()
  }
  const onKeyDown = ({ key }: KeyboardEvent) => {
    if (key === 'ArrowDown') setAt(Math.min(at + 1, found.length - 1))
    else if (key === 'ArrowUp') setAt(Math.max(at - 1, 0))
    else if (key === 'Enter') run(found[at])
  }
  return (
    <Dialog label="Find anything" class="palette" onClose={close}>
      <input
        role="combobox"
        aria-label="Find a container, image, build, port or action"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={found[at] ? `palette-${at}` : undefined}
        placeholder="Find a container, image, build, port or action"
        value={text}
        onKeyDown={onKeyDown}
        onInput={(event) => {
          setText(event.currentTarget.value)
          setAt(0)
        }}
      />
      <ul role="listbox" id="palette-list" aria-label="Found">
        {found.map((item, index) => (
          <li
            key={`${item.kind} ${item.key}`}
            id={`palette-${index}`}
            role="option"
            aria-selected={index === at}
            onPointerMove={() => setAt(index)}
            onClick={() => run(item)}
          >
            <span class="clip">{item.name}</span>
            <span class="kind">{item.kind}</span>
          </li>
        ))}
        {found.length === 0 && (
          <li role="option" aria-selected="false" aria-disabled="true">
            No match.
          </li>
        )}
      </ul>
    </Dialog>
  )
}

const item = (name: string, kind: string, run: () => void): Item => ({ key: name.toLowerCase(), name, kind, run })

function known(): Item[] {
  const views = pages.value.map(({ name, path }) =>
    item(name, 'view', () => go(path === '' ? '/dashboard' : hrefOf(path)))
  )
  const all = containers.value ?? []
  const opened = all.map(({ id, name }) => item(name, 'container', () => go(hrefOf('containers', id))))
  const logs = all.map(({ id, name }) => item(`Logs of ${name}`, 'logs', () => go(hrefOf('containers', id, 'logs'))))
  const verbs = all.flatMap((each) =>
    verbsFor(each).map((verb) => item(`${verb} ${each.name}`, 'action', () => void act(verb, [each])))
  )
  const ports = all
    .filter(({ url }) => url !== null)
    .map((each) => item(`${portOf(each)} ${each.name}`, 'port', () => go(hrefOf('containers', each.id))))
  const actions = [
    item('Create a container', 'action', () => go(hrefOf('create'))),
    item('Switch theme', 'action', switchTheme)
  ]
  return [...views, ...actions, ...opened, ...ports, ...logs, ...verbs]
}

async function fetchOthers(): Promise<Item[]> {
  const [images, builds] = await Promise.all([ask('listImages', {}), ask('listBuilds', { limit: 100 })])
  return [
    ...images.flatMap(({ tags }) =>
      tags.map((tag) => item(tag, 'image', () => go(`${hrefOf('images')}?q=${encodeURIComponent(tag)}`)))
    ),
    ...builds.map(({ id, image_name: name }) => item(name, 'build', () => go(hrefOf('builds', id))))
  ]
}
