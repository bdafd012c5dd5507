import './styles/tokens.css'
import './styles/base.css'
import './styles/frame.css'
import './styles/table.css'
import './styles/views.css'
import { render } from 'preact'
import { App } from './app.tsx'
import { watchAccess } from './state/access.ts'
import { watchContainers } from './state/containers.ts'
import { startFeed } from './state/feed.ts'
import { followLinks } from './state/route.ts'
import { watchServer } from './state/server.ts'
import { applyTheme } from './state/theme.ts'

applyTheme()
followLinks()
watchServer()
watchAccess()
watchContainers()
startFeed()
render(<App />, document.getElementById('app') as HTMLElement)
