// Defaults and limits of containers, and the operations on them that are allowed.

import {
  bytes,
  flag,
  integer,
  number,
  optional,
  optionalBytes,
  optionalInteger,
  portList,
  portRange,
  text
} from '../lib/settings.ts'

const NOFILE_LEAST = 64
const NOFILE_MOST = 2_147_483_647

export const CONTAINER_SETTINGS = {
  portRange: portRange('BERTH_PORT_RANGE', '8001-8999', 'Host ports that Berth assigns to containers.'),
  reservedPorts: portList('BERTH_RESERVED_PORTS', 'Ports of the range that Berth never assigns, separated by commas.'),
  publishHost: optional(
    'BERTH_PUBLISH_HOST',
    'Address on which container ports are published. Defaults to BERTH_HOST.'
  ),
  probeHost: optional(
    'BERTH_PROBE_HOST',
    'Address at which this server reaches published ports when a request waits for one. Derived from BERTH_PUBLISH_HOST by default.'
  ),
  defaultImage: text('BERTH_DEFAULT_IMAGE', 'base-api-server:latest', 'Image used when a request names none.'),
  memoryDefault: bytes('BERTH_MEMORY_DEFAULT', '512m', 'Memory limit of a container whose request sets none.'),
  memoryMax: bytes('BERTH_MEMORY_MAX', '8g', 'Highest memory limit that a request may set.'),
  cpusDefault: number('BERTH_CPUS_DEFAULT', 1, 0.01, 1024, 'CPU limit of a container whose request sets none.'),
  cpusMax: number('BERTH_CPUS_MAX', 8, 0.01, 1024, 'Highest CPU limit that a request may set.'),
  pidsDefault: integer(
    'BERTH_PIDS_DEFAULT',
    256,
    1,
    1_000_000,
    'Process limit of a container whose request sets none.'
  ),
  pidsMax: integer('BERTH_PIDS_MAX', 4096, 1, 1_000_000, 'Highest process limit that a request may set.'),
  nofileDefault: optionalInteger(
    'BERTH_NOFILE_DEFAULT',
    NOFILE_LEAST,
    NOFILE_MOST,
    "Limit of open files of a container whose request sets none. Unset, the engine's own applies."
  ),
  nofileMax: integer(
    'BERTH_NOFILE_MAX',
    1_048_576,
    NOFILE_LEAST,
    NOFILE_MOST,
    'Highest limit of open files that a request may set.'
  ),
  storageSizeDefault: optionalBytes(
    'BERTH_STORAGE_SIZE_DEFAULT',
    'Limit of the file system of a container whose request sets none. Needs an engine that can limit it. Unset, there is none.'
  ),
  storageSizeMax: bytes(
    'BERTH_STORAGE_SIZE_MAX',
    '1t',
    'Highest limit of the file system of a container that a request may set.'
  ),
  ioWeightMax: integer('BERTH_IO_WEIGHT_MAX', 1000, 10, 1000, 'Highest weight of block I/O that a request may set.'),
  policyFile: optional(
    'BERTH_POLICY_FILE',
    'JSON file that restricts images, volumes, networks and resources. The server refuses to start if it cannot read it.'
  ),
  manageForeign: flag(
    'BERTH_MANAGE_FOREIGN',
    false,
    'Allow clients to start, stop and remove containers that Berth did not create.'
  ),
  exec: flag('BERTH_EXEC', false, 'Allow clients to run commands inside containers.'),
  terminalsPerCaller: integer(
    'BERTH_TERMINALS_PER_CALLER',
    20,
    1,
    10_000,
    'Terminals that each token may have open, those of broken connections included. Without tokens, all callers are one.'
  ),
  terminalsMax: integer('BERTH_TERMINALS_MAX', 100, 1, 10_000, 'Terminals that all callers together may have open.'),
  terminalRecordings: optional(
    'BERTH_TERMINAL_RECORDINGS',
    'Existing folder in which the output of every terminal is recorded, as asciicast files. Unset, nothing is recorded.'
  ),
  filesMax: bytes(
    'BERTH_FILES_MAX',
    '16g',
    "Most bytes of one upload to or download from a container's file system, after unpacking."
  ),
  fileEntriesMax: integer(
    'BERTH_FILE_ENTRIES_MAX',
    100_000,
    1,
    10_000_000,
    'Most files and folders of an archive that goes into or comes out of a container.'
  ),
  fileScanMax: bytes(
    'BERTH_FILE_SCAN_MAX',
    '1g',
    'How much Berth reads to list a folder of a container: the engine sends it with all that is below it.'
  )
}
