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
  postgres: 'is about the database, and not about the engine',
  prune: OWN_ENGINE,
  setup: OWN_ENGINE,
  'stats-sources': 'reads the files of processes, which have numbers of their own in the lab'
}

const BUILDAH = 'its builder is Buildah, which numbers and names steps its own way and has no BuildKit'
const BUILD_GOES_ON = 'a step of a build that was given up runs to its end in the engine'
const PODMAN: LabEngine['differs'] = {
  'builds > buildkit: stages, arguments, a target, several tags': BUILDAH,
  'builds > buildkit: a build that fails at step 3': BUILDAH,
  'builds > buildkit: cancelled in the middle, the engine stops working and leaves nothing': BUILD_GOES_ON,
  'builds > classic: cancelled in the middle, the engine stops working and leaves nothing': BUILD_GOES_ON,
  'builds > a build that hangs is ended': BUILD_GOES_ON,
  'builds-crash > a build that takes the server down each time fails after three tries': BUILD_GOES_ON,
  'builds-hostile > triggers of a base image': 'it tells nobody of ONBUILD, so that the policy cannot see triggers',
  'builds-hostile > refused with a reason, or built without reaching it':
    'without a client to ask, a mount of type ssh is empty and not an error',
  'create > restrictions of every container':
    'it tells each dropped capability and not ALL, and no settings of the log',
  'events > the life of a container and of its port': 'health checks are run by systemd, which the lab has not',
  'files > an archive that breaks off leaves whole files, new or old': 'what it had begun to unpack stays',
  'files > containers that stopped, never ran, or have no program at all': 'its archives say 0 for every owner',
  'files > a sparse file comes out whole, and times are kept to the nanosecond': 'it keeps times to the second',
  'files-trees > 6 trees by archive from seed 16': 'its archives say 0 for every owner',
  'files-trees > 6 trees file by file from seed 16': 'its archives say 0 for every owner',
  'grpc > the calls of a user in a row, from Python, to the end of the server':
    'variables of the environment come in another order, with its own among them',
  'logs > Last-Event-ID resumes without loss or duplicates':
    'a follow that begins in the middle of output may miss lines',
  'networks > a container keeps its network through restarts, kills and another port':
    'a container gets another address at each start',
  'networks > made again on another port it is still found by its names':
    'its name server knows a container by the name that it was made with'
}

const OF_PODMAN = {
  differs: PODMAN,
  leftOut: { registry: 'takes over 15 minutes, since Podman tries each failing push several times' }
}

const engine = (
  given: Omit<LabEngine, 'leftOut' | 'differs'>,
  { leftOut = {}, differs = {} }: Partial<Pick<LabEngine, 'leftOut' | 'differs'>> = {}
): LabEngine => ({ ...given, leftOut: { ...EVERYWHERE, ...leftOut }, differs })

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
  'podman-4.3': engine({ title: 'Podman 4.3', lab: 'p43', suite: 'bookworm', kind: 'podman' }, OF_PODMAN),
  'podman-5.8': engine({ title: 'Podman 5.8', lab: 'p58', suite: 'forky', kind: 'podman' }, OF_PODMAN)
}
