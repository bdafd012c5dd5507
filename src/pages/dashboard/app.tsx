// The page: the rail, the view of the address, and the layers above both.

import { lazy } from './ui/lazy.tsx'
import { Banner } from './frame/banner.tsx'
import { Palette } from './frame/palette.tsx'
import { Rail } from './frame/rail.tsx'
import { Toasts } from './frame/toasts.tsx'
import { TokenPrompt } from './frame/token-prompt.tsx'
import { path } from './state/route.ts'
import { Containers } from './views/containers/containers.tsx'
import { Empty } from './ui/parts.tsx'

const VIEWS = {
  overview: lazy(async () => (await import('./views/overview.tsx')).Overview),
  container: lazy(async () => (await import('./views/container/container.tsx')).ContainerPage),
  create: lazy(async () => (await import('./views/create/create.tsx')).Create),
  ports: lazy(async () => (await import('./views/ports/ports.tsx')).Ports),
  builds: lazy(async () => (await import('./views/builds/builds.tsx')).Builds),
  images: lazy(async () => (await import('./views/images/images.tsx')).Images),
  networks: lazy(async () => (await import('./views/networks/networks.tsx')).Networks),
  nodes: lazy(async () => (await import('./views/nodes/nodes.tsx')).Nodes),
  admin: lazy(async () => (await import('./views/admin/admin.tsx')).Admin)
}

export function App() {
  return (
    <>
      <a class="hidden" href="#view">
        Skip to the view
      </a>
      <div class="frame">
        <Rail />
        <main class="view" id="view">
          <Banner />
          <View />
        </main>
      </div>
      <Palette />
      <Toasts />
      <TokenPrompt />
    </>
  )
}

function View() {
  const [view = 'overview', id] = path.value
  if (view === 'containers') return id === undefined ? <Containers /> : <VIEWS.container />
  if (!(view in VIEWS)) return <NotHere />
  const Found = VIEWS[view as keyof typeof VIEWS]
  return <Found />
}

function NotHere() {
  return (
    <Empty>
      <p>There is nothing at this address.</p>
      <a class="button" href="/dashboard">
        Overview
      </a>
    </Empty>
  )
}
