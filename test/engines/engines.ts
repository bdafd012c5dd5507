// The engines that Berth is proved on, and what cannot be proved on each, with the reason: the only place for both.

export type LabEngine = {
  title: string
  /** Short: it names network namespaces. */
  lab: string
  suite: 'bookworm' | 'trixie' | 'forky'
  kind: 'graph' | 'containerd' | 'podman'
  /** Files of test/docker, without `.test.ts`, that are left out, and why. */
  leftOut: Record<string, string>
  /** Tests that it fails, as `file > test`, and how it differs. */
  differs: Record<string, string>
}

const OWN_ENGINE = "starts an engine of its own, the machine's"
const EVERYWHERE: Record<string, string> = {
  browser: 'is about pages in a browser',
  'builds-engine': OWN_ENGINE,
  'engine-restart': OWN_ENGINE,
  'full-range': 'needs an hour; npm run test:full-range runs it',
  gvisor: OWN_ENGINE,
  'hostile-proxy': 'is about answers that no engine gives; npm run test:faults runs it',
  metrics: 'is about programs that read the metrics',
  model: 'needs an engine of its own; npm run test:model runs it',
  'no-commands': 'is about programs that the server starts',
  'npm-start': 'is about processes and signals',
  podman: OWN_ENGINE,
  prune: OWN_ENGINE,
  setup: OWN_ENGINE,
  'stats-sources': 'reads the files of processes, which have numbers of their own in the lab'
}

const engine = (given: Omit<LabEngine, 'leftOut' | 'differs'>, differs: LabEngine['differs'] = {}): LabEngine => ({
  ...given,
  leftOut: EVERYWHERE,
  differs
})

export const ENGINES: Record<string, LabEngine> = {
  'docker-20.10': engine({ title: 'Docker 20.10', lab: 'd2010', suite: 'bookworm', kind: 'graph' }),
  'docker-26.1': engine({ title: 'Docker 26.1', lab: 'd261', suite: 'trixie', kind: 'graph' }),
  'docker-28.5-graph': engine({ title: 'Docker 28.5, graph store', lab: 'd285g', suite: 'forky', kind: 'graph' }),
  'docker-28.5-containerd': engine({
    title: "Docker 28.5, containerd's store",
    lab: 'd285c',
    suite: 'forky',
    kind: 'containerd'
  }),
  'podman-4.3': engine({ title: 'Podman 4.3', lab: 'p43', suite: 'bookworm', kind: 'podman' }),
  'podman-5.8': engine({ title: 'Podman 5.8', lab: 'p58', suite: 'forky', kind: 'podman' })
}
