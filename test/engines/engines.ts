// The engines of the matrix, and the tests that each cannot pass, with the reason: the only place for both.

export type LabEngine = {
  title: string
  /** A short name, since it names network namespaces. */
  lab: string
  suite: 'bookworm' | 'trixie' | 'forky'
  kind: 'graph' | 'containerd' | 'podman'
  /** Files of test/docker, without `.test.ts`, that do not run there, and why. */
  leftOut: Record<string, string>
  /** Tests that it fails, as `file > test`, and the difference. */
  differs: Record<string, string>
}

const OWN_ENGINE = "starts an engine of its own, from the machine's packages"
const EVERYWHERE: Record<string, string> = {
  agent: 'tests tasks of a Swarm, on the engine of the machine',
  browser: 'tests pages in a browser',
  'builds-engine': OWN_ENGINE,
  'engine-restart': OWN_ENGINE,
  'full-range': 'takes an hour; npm run test:full-range runs it',
  gvisor: OWN_ENGINE,
  'disk-limits': OWN_ENGINE,
  isolation: OWN_ENGINE,
  userns: OWN_ENGINE,
  'hostile-proxy': 'tests answers that no engine gives; npm run test:faults runs it',
  metrics: 'tests programs that read the metrics',
  model: 'needs an engine of its own; npm run test:model runs it',
  'no-commands': 'tests that the server starts no programs',
  'npm-start': 'tests processes and signals',
  podman: OWN_ENGINE,
  postgres: 'tests the database, not the engine',
  prune: OWN_ENGINE,
  setup: OWN_ENGINE,
  'stats-sources': 'reads the files of processes, whose ids differ in the lab'
}

const BUILDAH = 'its builder is Buildah, which numbers and names steps differently and has no BuildKit'
const NO_SYSTEMD = 'systemd runs health checks, and the lab has no systemd'
const NO_PROGRESS = 'it reports no progress of a push'
const DROPPED = 'it reports each dropped capability instead of ALL'
const BUILD_GOES_ON = 'the engine finishes the current step of an aborted build'
const PODMAN: LabEngine['differs'] = {
  'builds > buildkit: stages, arguments, a target, several tags': BUILDAH,
  'builds > buildkit: a build that fails at step 3': BUILDAH,
  'builds > buildkit: cancelled in the middle, the engine stops working and leaves nothing': BUILD_GOES_ON,
  'builds > classic: cancelled in the middle, the engine stops working and leaves nothing': BUILD_GOES_ON,
  'builds > a hanging build is ended': BUILD_GOES_ON,
  'builds-crash > a build that crashes the server each time fails after three attempts': BUILD_GOES_ON,
  'builds-hostile > triggers of a base image': 'it does not report ONBUILD, so the policy cannot see triggers',
  'builds-hostile > hostile builds are refused with a reason, or reach no server':
    'without a client, a mount of type ssh is empty instead of an error',
  'create > restrictions of every container': `${DROPPED}, and no log settings`,
  'create > a health check of an image runs every five seconds at most': 'its images have no health checks',
  'events > the life of a container and of its port': NO_SYSTEMD,
  'files > an aborted archive leaves complete files, new or old': 'partially unpacked files stay',
  'files > containers that stopped, never ran, or have no program': 'its archives report 0 for every owner',
  'files > a sparse file comes out complete, and times are kept to the nanosecond':
    'its times have a resolution of one second',
  'files-trees > 6 trees by archive from seed 16': 'its archives report 0 for every owner',
  'files-trees > 6 trees file by file from seed 16': 'its archives report 0 for every owner',
  'grpc > a series of calls from Python, to the stop of the server':
    'environment variables have another order and include its own',
  'logs > Last-Event-ID resumes without loss or duplicates': 'a follow that begins during output may miss lines',
  'networks > a container keeps its network through restarts, kills and another port':
    'a container gets another address at each start',
  'networks > a container recreated on another port is still found by its names':
    'its name server knows a container by its original name',
  'registry > a registry that dies during a push for good': NO_PROGRESS,
  'registry > a registry that dies during a push and comes back': NO_PROGRESS,
  'replacement > a container whose port was given away gets another one': DROPPED,
  'replacement > a container recreated from another image keeps its settings':
    'a failed start keeps its port taken for a while',
  'stats > memory that grows counts, a file cache that grows does not': 'its statistics leave out the page cache',
  'wait > wait: healthy uses the health check of the request': NO_SYSTEMD,
  'wait > a pause makes no container unhealthy': NO_SYSTEMD
}

const NO_UPDATE = 'it cannot change the limits of a container'
const LINES = 'its logs have times in seconds, and with a number of lines it mixes up the parts of long ones'
const NO_NAMES = 'its networks have no name server'
const NO_RLIMITS = 'with a limit of open files it also raises that of processes, which this machine does not permit'
const TOP = 'it reports each process as one text, and nothing of a stopped container'
const TRAFFIC = 'it reports one interface named "network", with sent bytes as received'
const PODMAN_4: LabEngine['differs'] = {
  ...PODMAN,
  'builds > classic: stages, arguments, a target, several tags': BUILDAH,
  'create > settings of a request': NO_RLIMITS,
  'crash-change > kill -9 at every engine call of a start that needs another port': NO_RLIMITS,
  'crash-change > kill -9 during a replacement whose old container the engine removes late': NO_RLIMITS,
  'crash-change > kill -9 at every engine call of the removal of a container that was given another port': NO_RLIMITS,
  'engine-contract > containers > missing objects': NO_UPDATE,
  'engine-contract > workloads > a stopped container has no processes or figures and takes no command': TOP,
  'engine-contract > workloads > a running container has processes and figures': TOP,
  'engine-contract > events > the events of a container, in order':
    'it can report the death of a container after its removal',
  'engine-contract > containers > a change of limits applies and leaves the others': NO_UPDATE,
  'expiry > of two servers on one engine, the creator of a container decides its expiry': NO_UPDATE,
  'lifecycle > PATCH /containers/{id}': NO_UPDATE,
  'lifecycle > GET /containers/{id}/top': TOP,
  'logs > tail, since, until, timestamps and the two streams': LINES,
  'logs > characters and long lines arrive whole': LINES,
  'logs > 10,000 lines': LINES,
  'registry > refusals of pulls > 429': 'it repeats a pull that a registry limits, for minutes',
  'networks > two containers communicate by name, and their ports are still published': NO_NAMES,
  'networks > an internal network is internal in the engine and publishes no ports': NO_NAMES,
  'networks > the same over gRPC': NO_NAMES,
  'outside-changes > changes by other clients are visible within a second': NO_UPDATE,
  'replacement > only lost ports change': NO_RLIMITS,
  'stats > traffic': TRAFFIC,
  'stats > a container without a network, or in the network of the machine, has no traffic of its own': TRAFFIC
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
  'podman-4.3': engine(
    { title: 'Podman 4.3', lab: 'p43', suite: 'bookworm', kind: 'podman' },
    { differs: PODMAN_4, leftOut: { terminal: 'needs the columns of the process list, which it reports as one text' } }
  ),
  'podman-5.8': engine({ title: 'Podman 5.8', lab: 'p58', suite: 'forky', kind: 'podman' }, { differs: PODMAN })
}
