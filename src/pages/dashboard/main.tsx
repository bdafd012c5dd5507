import { render } from 'preact'
render(<p>Berth</p>, document.getElementById('app') as HTMLElement)
