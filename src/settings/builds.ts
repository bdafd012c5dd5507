// Limits of builds: number, size, time and retention.

import { bytes, integer, list, number, oneOf, optional } from '../lib/settings.ts'

export const BUILD_SETTINGS = {
  buildConcurrency: integer('BERTH_BUILD_CONCURRENCY', 2, 1, 64, 'Builds that run in parallel. The others wait.'),
  buildQueueMax: integer('BERTH_BUILD_QUEUE_MAX', 1000, 1, 100_000, 'Builds that may wait in the queue.'),
  buildTimeoutSeconds: integer(
    'BERTH_BUILD_TIMEOUT_SECONDS',
    3600,
    1,
    86_400,
    'Abort a build after this many seconds.'
  ),
  buildIdleSeconds: integer(
    'BERTH_BUILD_IDLE_SECONDS',
    600,
    1,
    86_400,
    'Abort a build after this many seconds without output.'
  ),
  buildUploadMax: bytes('BERTH_BUILD_UPLOAD_MAX', '512m', 'Largest upload of a build context.'),
  buildContextMax: bytes('BERTH_BUILD_CONTEXT_MAX', '2g', 'Largest build context after unpacking.'),
  buildStorageMax: bytes(
    'BERTH_BUILD_STORAGE_MAX',
    '20g',
    'What the contexts and logs of all builds may take up in the data folder. Beyond that, uploads are refused.'
  ),
  buildLogMax: bytes('BERTH_BUILD_LOG_MAX', '16m', 'Largest part of a build log that is kept.'),
  buildNetwork: oneOf(
    'BERTH_BUILD_NETWORK',
    'default',
    ['default', 'none'],
    'Network of RUN instructions. `none` cuts off RUN, but not ADD, in untrusted Dockerfiles.'
  ),
  buildCgroupParent: optional(
    'BERTH_BUILD_CGROUP_PARENT',
    'Existing cgroup, with limits of your choice, that builds run in. See docs/operations.md.'
  ),
  buildRoots: list(
    'BERTH_BUILD_ROOTS',
    'Folders of this machine, separated by commas, from which clients of gRPC may build by naming the path of a Dockerfile.'
  ),
  buildRetentionDays: number(
    'BERTH_BUILD_RETENTION_DAYS',
    10,
    0.001,
    3650,
    'Days to keep the records, contexts and logs of finished builds. Images stay.'
  ),
  buildRecordsMax: integer(
    'BERTH_BUILD_RECORDS_MAX',
    2000,
    1,
    100_000,
    'Finished builds to keep. Beyond that, the oldest of the token that has the most go first.'
  )
}
