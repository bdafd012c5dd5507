// Made of docs/openapi.json by scripts/typescript-client.ts (npm run docs). Not to be edited.
/* eslint-disable */

export type Problem = { type: string; title: string; status: number; detail: string; code: string; retryable: boolean; request_id: string; errors?: ({ field: string; message: string })[] } & { [field: string]: unknown }

export type StreamEnd = { reason: string; code?: string } & { [field: string]: unknown }

export type StreamGap = { missed: number }

export type About = { name: string; message: string; version: string; docs: string; reading_view: string; openapi: string; endpoints: (string)[] }

export type Health = { status: "healthy" | "degraded"; docker: "connected" | "unavailable"; engine: "available" | "unavailable"; engine_name?: string; engine_version?: string; engine_api_version?: string; engine_address?: string; engine_source?: string; engine_reason?: string; engine_since?: string; inventory: "in_sync" | "stale"; inventory_age_ms?: number; unread_containers?: number; database?: "available" | "unavailable"; database_latency_ms?: number; database_reason?: string; database_since?: string; version: string; uptime_seconds: number }

export type SystemStats = { cpu_percent: number; memory_percent: number; memory_used: string; memory_total: string; disk_usage_percent: number; timestamp: number; cores: (number)[]; load: (number)[]; memory: { total_bytes: number; used_bytes: number; available_bytes: number; cache_bytes: number; swap_total_bytes: number; swap_used_bytes: number }; disks: ({ mount: string; type: string; size_bytes: number; used_bytes: number; available_bytes: number; used_percent: number })[]; networks: ({ name: string; rx_bytes: number; tx_bytes: number; rx_per_second: number; tx_per_second: number })[]; uptime_seconds: number; containers: { total: number; running: number; managed: number }; sampled_at: string; age_ms: number }

export type SystemInfo = { version: string; node_version: string; engine: { name: string; version: string; api_version: string; address: string; operating_system: string; kernel: string; architecture: string; cpus: number; memory_bytes: number; cgroup_version: string; swarm: string; runtimes: (string)[]; images: number; containers: { total: number; running: number; paused: number; stopped: number } }; storage: { driver: string; root: string }; limits: { ports: string; memory_default: number; memory_max: number; cpus_default: number; cpus_max: number; pids_default: number; pids_max: number; nofile_default: number | null; nofile_max: number; storage_size_default: number | null; storage_size_max: number; io_weight_max: number; exec: boolean }; own_container: string | null }

export type CleanSystem = { containers?: boolean; images?: boolean; volumes?: boolean; networks?: boolean; build_cache?: boolean; older_than_seconds?: number; dry_run?: boolean }

export type Cleaned = { containers: ({ id: string; name: string })[]; images: ({ id: string; name: string })[]; volumes: ({ id: string; name: string })[]; networks: ({ id: string; name: string })[]; build_cache_bytes: number; freed_bytes: number; kept: ({ id: string; name: string; reason: string })[]; dry_run: boolean; message: string }

export type ExecOutput = { text: string }

export type RenameContainer = { name: string }

export type LogLineEvent = { timestamp: string; line: string }

export type CreateContainer = { name?: string; image?: string; pull?: "missing" | "always" | "never"; ports?: ((({ container_port: number; protocol?: "tcp" | "udp"; host_port?: number }) | (string))[]) | ({ [name: string]: number | null }); env?: { [name: string]: string }; labels?: { [name: string]: string }; command?: ((string)[]) | (string); entrypoint?: ((string)[]) | (string); working_dir?: string; user?: string; memory?: (number) | (string); cpus?: number; pids_limit?: number; nofile?: number; storage_size?: (number) | (string); io_weight?: number; read_only?: boolean; runtime?: string; constraints?: (string)[]; spread?: string; restart?: "no" | "on-failure" | "unless-stopped" | "always"; healthcheck?: { test: (string)[]; interval_seconds?: number; timeout_seconds?: number; start_period_seconds?: number; retries?: number }; volumes?: ({ source: string; target: string; read_only?: boolean })[]; network?: string; aliases?: (string)[]; stop_timeout?: number; ttl_seconds?: number; ttl?: string; shared?: boolean; start?: boolean; wait?: "none" | "running" | "port" | "healthy" | "http"; wait_path?: string; wait_timeout_seconds?: number }

export type Container = { id: string; name: string; status: "created" | "running" | "paused" | "restarting" | "removing" | "exited" | "dead"; image: string; ports: { [name: string]: string }; created: string; state: "created" | "running" | "paused" | "restarting" | "removing" | "exited" | "dead"; url: string | null; full_id: string; health: ("starting" | "healthy" | "unhealthy") | (null); exit_code: number | null; oom_killed: boolean; limits: { memory: number | null; cpus: number | null; pids: number | null; nofile: number | null; storage_size: number | null; io_weight: number | null }; read_only: boolean; runtime: string | null; restart: "no" | "on-failure" | "unless-stopped" | "always"; restart_count: number; labels: { [name: string]: string }; env: (string)[]; command: (string)[]; networks: ({ name: string; address: string | null; aliases: (string)[] })[]; volumes: ({ source: string; target: string; read_only: boolean })[]; node: { id: string; name: string; address: string | null } | null; managed: boolean; owner: string | null; team: string | null; started_at: string | null; finished_at: string | null; expires_at: string | null; stale?: boolean; age_ms?: number }

export type CreatedContainer = { id: string; name: string; status: "created" | "running" | "paused" | "restarting" | "removing" | "exited" | "dead"; image: string; ports: { [name: string]: string }; created: string; state: "created" | "running" | "paused" | "restarting" | "removing" | "exited" | "dead"; url: string | null; full_id: string; health: ("starting" | "healthy" | "unhealthy") | (null); exit_code: number | null; oom_killed: boolean; limits: { memory: number | null; cpus: number | null; pids: number | null; nofile: number | null; storage_size: number | null; io_weight: number | null }; read_only: boolean; runtime: string | null; restart: "no" | "on-failure" | "unless-stopped" | "always"; restart_count: number; labels: { [name: string]: string }; env: (string)[]; command: (string)[]; networks: ({ name: string; address: string | null; aliases: (string)[] })[]; volumes: ({ source: string; target: string; read_only: boolean })[]; node: { id: string; name: string; address: string | null } | null; managed: boolean; owner: string | null; team: string | null; started_at: string | null; finished_at: string | null; expires_at: string | null; stale?: boolean; age_ms?: number; warnings: (string)[]; replayed: boolean }

export type ChangedContainer = { id: string; name: string; status: "created" | "running" | "paused" | "restarting" | "removing" | "exited" | "dead"; image: string; ports: { [name: string]: string }; created: string; state: "created" | "running" | "paused" | "restarting" | "removing" | "exited" | "dead"; url: string | null; full_id: string; health: ("starting" | "healthy" | "unhealthy") | (null); exit_code: number | null; oom_killed: boolean; limits: { memory: number | null; cpus: number | null; pids: number | null; nofile: number | null; storage_size: number | null; io_weight: number | null }; read_only: boolean; runtime: string | null; restart: "no" | "on-failure" | "unless-stopped" | "always"; restart_count: number; labels: { [name: string]: string }; env: (string)[]; command: (string)[]; networks: ({ name: string; address: string | null; aliases: (string)[] })[]; volumes: ({ source: string; target: string; read_only: boolean })[]; node: { id: string; name: string; address: string | null } | null; managed: boolean; owner: string | null; team: string | null; started_at: string | null; finished_at: string | null; expires_at: string | null; stale?: boolean; age_ms?: number; changed: boolean; message: string; changed_port?: ({ container_port: number; protocol: "tcp" | "udp"; from: number; to: number })[]; replaced?: string }

export type RemovedContainer = { id: string; name: string; removed: boolean; message: string }

export type UpdateContainer = { memory?: (number) | (string); cpus?: number; pids_limit?: number; restart?: "no" | "on-failure" | "unless-stopped" | "always"; ttl_seconds?: number | null; ttl?: string; image?: string; env?: { [name: string]: string | null } }

export type WaitedContainer = { container: (Container) | (null); reached: string; waited_ms: number }

export type ContainerLogs = { lines: ({ stream: "stdout" | "stderr"; timestamp: string; line: string })[] }

export type ContainerProcesses = { titles: (string)[]; processes: ((string)[])[] }

export type ExecCommand = { command: ((string)[]) | (string); env?: { [name: string]: string }; working_dir?: string; user?: string; timeout_seconds?: number; stdin?: string; stream?: boolean }

export type ExecResult = { exit_code: number; stdout: string; stderr: string; truncated: boolean }

export type MakeFolder = { path: string; mode?: string; uid?: number; gid?: number; modified?: string }

export type FileEntry = { name: string; name_base64?: string; kind: "file" | "folder" | "link" | "pipe" | "device" | "other"; size: number | null; mode: string; uid: number; gid: number; modified: string; target: string | null; target_base64?: string }

export type FolderListing = { path: string; entries: (FileEntry)[]; complete: boolean; reason: string | null; read_bytes: number }

export type WrittenFile = { path: string; kind: "file" | "folder"; size: number | null; mode: string; uid: number; gid: number; replaced: boolean }

export type UnpackedArchive = { path: string; entries: number; bytes: number }

export type RemovedFile = { path: string; removed: boolean; message: string }

export type PortOverview = { used_ports: (number)[]; available_range: string; total_ports: number; counts: { free: number; leased: number; bound: number; parked: number; blocked: number; reserved: number }; udp_counts: { free: number; leased: number; bound: number; parked: number; blocked: number; reserved: number }; next: { tcp: number | null; udp: number | null }; ports: ({ port: number; protocol: "tcp" | "udp"; state: "free" | "leased" | "bound" | "parked" | "blocked" | "reserved"; holder: { id: string; name: string; managed: boolean } | null; reason: string | null })[] }

export type TransferProgress = { layer: string | null; status: string; current_bytes: number | null; total_bytes: number | null }

export type Image = { id: string; full_id: string; tags: (string)[]; digests: (string)[]; created: string | null; size: number; labels: { [name: string]: string }; managed: boolean; containers: ({ id: string; name: string; state: string })[] }

export type ImageDetails = { id: string; full_id: string; tags: (string)[]; digests: (string)[]; created: string | null; size: number; labels: { [name: string]: string }; managed: boolean; containers: ({ id: string; name: string; state: string })[]; architecture: string; os: string; exposed_ports: (string)[]; command: (string)[]; entrypoint: (string)[]; env: (string)[]; working_dir: string; user: string; volumes: (string)[]; layers: number }

export type RegistryCredentials = { username?: string; password?: string; identity_token?: string }

export type PullImage = { image: string; credentials?: RegistryCredentials }

export type PushImage = { image: string; credentials?: RegistryCredentials }

export type PushedImage = { image: string; registry: string; digest: string; size: number; confirmed: boolean; message: string }

export type TagImage = { image: string; target: string }

export type RemovedImage = { id: string; untagged: (string)[]; deleted: (string)[]; message: string }

export type CreateNetwork = { name: string; internal?: boolean; shared?: boolean }

export type Network = { id: string; full_id: string; name: string; driver: string; scope: string; internal: boolean; attachable: boolean; subnets: (string)[]; created: string | null; managed: boolean; usable: boolean; containers: ({ id: string; name: string; state: string })[] }

export type RemovedNetwork = { name: string; removed: boolean; message: string }

export type Node = { id: string; name: string; address: string | null; role: "manager" | "worker"; leader: boolean; reachable: boolean | null; state: "ready" | "down" | "disconnected" | "unknown"; availability: "active" | "pause" | "drain"; cpus: number | null; memory: number | null; engine_version: string | null; architecture: string | null; labels: { [name: string]: string }; containers: ({ id: string; name: string })[] }

export type CreateVolume = { name: string; shared?: boolean }

export type Volume = { name: string; driver: string; created: string | null; managed: boolean; usable: boolean; containers: ({ id: string; name: string; state: string })[] }

export type RemovedVolume = { name: string; removed: boolean; message: string }

export type ContainerStats = { container_id: string; name: string; cpu_percent: number; memory_usage: string; memory_limit: string; memory_percent: number; network_rx: string; network_tx: string; timestamp: number; cpu_percent_of_limit: number | null; memory_bytes: number; memory_cache_bytes: number; memory_usage_bytes: number; memory_limit_bytes: number | null; network_rx_bytes: number; network_tx_bytes: number; network_rx_per_second: number; network_tx_per_second: number; interfaces: { [name: string]: { rx_bytes: number; tx_bytes: number } }; block_read_bytes: number; block_write_bytes: number; block_read_per_second: number; block_write_per_second: number; pids: number; sampled_at: string; age_ms: number; source: "cgroup" | "engine" }

export type StatsHistory = { container_id: string; name: string; interval_ms: number; points: ({ sampled_at: string; cpu_percent: number; memory_bytes: number; network_rx_per_second: number; network_tx_per_second: number; block_read_per_second: number; block_write_per_second: number; pids: number })[] }

export type AllStats = { sampled_at: string; containers: (ContainerStats)[] }

export type BuildLine = { line: string }

export type Build = { id: string; status: "pending" | "in_progress" | "completed" | "failed" | "cancelled"; image_name: string; image_tags: (string)[]; references: (string)[]; image_id: string | null; dockerfile: string; target: string | null; platform: string | null; no_cache: boolean; builder: "auto" | "buildkit" | "classic"; build_arg_names: (string)[]; context: { kind: "dockerfile" | "tar" | "zip"; bytes: number; entries: number }; build: { status: "skipped" | "pending" | "in_progress" | "completed" | "failed" | "cancelled"; reason: string | null; code: string | null; retryable: boolean; started_at: string | null; finished_at: string | null; duration_ms: number | null }; push: ({ status: "skipped" | "pending" | "in_progress" | "completed" | "failed" | "cancelled"; reason: string | null; code: string | null; retryable: boolean; started_at: string | null; finished_at: string | null; duration_ms: number | null }) & ({ pushed: ({ reference: string; digest: string; size: number })[] }); run: ({ status: "skipped" | "pending" | "in_progress" | "completed" | "failed" | "cancelled"; reason: string | null; code: string | null; retryable: boolean; started_at: string | null; finished_at: string | null; duration_ms: number | null }) & ({ container_id: string | null; url: string | null }); log_truncated: boolean; created_at: string; finished_at: string | null; expires_at: string | null; queue_position: number | null; links: { self: string; logs: string } }

export type BuildDetails = { id: string; status: "pending" | "in_progress" | "completed" | "failed" | "cancelled"; image_name: string; image_tags: (string)[]; references: (string)[]; image_id: string | null; dockerfile: string; target: string | null; platform: string | null; no_cache: boolean; builder: "auto" | "buildkit" | "classic"; build_arg_names: (string)[]; context: { kind: "dockerfile" | "tar" | "zip"; bytes: number; entries: number }; build: { status: "skipped" | "pending" | "in_progress" | "completed" | "failed" | "cancelled"; reason: string | null; code: string | null; retryable: boolean; started_at: string | null; finished_at: string | null; duration_ms: number | null }; push: ({ status: "skipped" | "pending" | "in_progress" | "completed" | "failed" | "cancelled"; reason: string | null; code: string | null; retryable: boolean; started_at: string | null; finished_at: string | null; duration_ms: number | null }) & ({ pushed: ({ reference: string; digest: string; size: number })[] }); run: ({ status: "skipped" | "pending" | "in_progress" | "completed" | "failed" | "cancelled"; reason: string | null; code: string | null; retryable: boolean; started_at: string | null; finished_at: string | null; duration_ms: number | null }) & ({ container_id: string | null; url: string | null }); log_truncated: boolean; created_at: string; finished_at: string | null; expires_at: string | null; queue_position: number | null; links: { self: string; logs: string }; steps: ({ number: number; name: string; status: "running" | "completed" | "cached" | "failed"; duration_ms: number | null })[] }

export type RetryBuild = { registry_username?: string; registry_password?: string }

export type RemovedBuild = { id: string; message: string; images_removed: (string)[]; images_kept: ({ reference: string; reason: string })[] }

export type BuildStarted = { status: 200; message: string; build_id: string }

export type BuildPushStatus = { status: 200; build_status: { build_id: string; build_status: "Pending" | "In Progress" | "Completed" | "Failed"; push_status: "Pending" | "In Progress" | "Completed" | "Failed"; 'Build Fail Reason'?: string; 'Push Fail Reason'?: string } }

export type DockerfileBuild = { id: string; username: string | null; file: string | null; status: string; image_id: string | null }

export type BerthEvent = { type: string; time: string } & { [field: string]: unknown }

export type CreateToken = { name: string; scopes: ("read" | "files" | "containers:write" | "builds:write" | "images:write" | "exec" | "admin")[]; team?: string; ttl_seconds?: number }

export type Token = { id: string; name: string; scopes: ("read" | "files" | "containers:write" | "builds:write" | "images:write" | "exec" | "admin")[]; team: string | null; created_at: string; expires_at: string | null; last_used_at: string | null }

export type CreatedToken = { id: string; name: string; scopes: ("read" | "files" | "containers:write" | "builds:write" | "images:write" | "exec" | "admin")[]; team: string | null; created_at: string; expires_at: string | null; last_used_at: string | null; token: string }

export type RevokedToken = { id: string; name: string; revoked: true; message: string }

export type AuditEntry = { seq: number; time: string; outcome: "attempted" | "succeeded" | "failed" | "refused"; caller: string; token_id: string | null; scope: string | null; address: string; door: "rest" | "grpc" | "command"; action: string; object: string | null; code: string | null; duration_ms: number | null; request_id: string; hash: string }

export type Policy = { visibility?: "own" | "all"; images?: (string)[]; volumes?: (string)[]; networks?: (string)[]; isolation?: { reach?: (string)[] }; labels?: (string)[]; runtimes?: ({ runtime: string; images?: (string)[]; tokens?: (string)[] })[]; memory?: number; cpus?: number; pids_limit?: number; storage_size?: number; io_weight?: number; file_bytes?: number; file_entries?: number; containers_per_token?: number; ports_per_token?: number; memory_per_token?: number; cpus_per_token?: number; volumes_per_token?: number; networks_per_token?: number; builds_per_token?: number; build_bytes_per_token?: number; registries?: { [name: string]: { pull?: (string)[]; push?: (string)[] } }; remote_sources?: boolean }

export type Access = { caller: string; token_id: string | null; team: string | null; scopes: ("read" | "files" | "containers:write" | "builds:write" | "images:write" | "exec" | "admin")[]; sees_all: boolean; exec: boolean; swarm: boolean; policy?: Policy }

export type McpMessage = { jsonrpc?: string; id?: (string) | (number); method?: string } & { [field: string]: unknown }

export type McpAnswer = { jsonrpc?: string; id?: (string) | (number); result?: {  } & { [field: string]: unknown }; error?: {  } & { [field: string]: unknown } } & { [field: string]: unknown }

/** Every code of a refusal that this version of the API knows. */
export type ErrorCode =
  | 'INVALID_REQUEST'
  | 'INVALID_CONTEXT'
  | 'INVALID_ARCHIVE'
  | 'UNAUTHORIZED'
  | 'FORBIDDEN'
  | 'POLICY_REFUSED'
  | 'CROSS_ORIGIN_REFUSED'
  | 'CONTAINER_NOT_MANAGED'
  | 'CONTAINER_IS_BERTH'
  | 'NETWORK_NOT_MANAGED'
  | 'VOLUME_NOT_MANAGED'
  | 'EXEC_DISABLED'
  | 'FILE_OUTSIDE'
  | 'FILE_READ_ONLY'
  | 'ROUTE_NOT_FOUND'
  | 'TOKEN_NOT_FOUND'
  | 'CONTAINER_NOT_FOUND'
  | 'IMAGE_NOT_FOUND'
  | 'NETWORK_NOT_FOUND'
  | 'VOLUME_NOT_FOUND'
  | 'TERMINAL_NOT_FOUND'
  | 'BUILD_NOT_FOUND'
  | 'NODE_NOT_FOUND'
  | 'FILE_NOT_FOUND'
  | 'METHOD_NOT_ALLOWED'
  | 'REQUEST_TIMEOUT'
  | 'TOKEN_NAME_TAKEN'
  | 'ADMIN_TOKEN_NEEDED'
  | 'CONTAINER_AMBIGUOUS'
  | 'CONTAINER_NAME_TAKEN'
  | 'CONTAINER_RUNNING'
  | 'CONTAINER_NOT_RUNNING'
  | 'CONTAINER_OF_ANOTHER_SERVER'
  | 'CONTAINER_BUSY'
  | 'PORT_RANGE_EXHAUSTED'
  | 'PORT_UNAVAILABLE'
  | 'NODE_UNSUITABLE'
  | 'SWARM_NEEDED'
  | 'IMAGE_IN_USE'
  | 'NETWORK_NAME_TAKEN'
  | 'NETWORK_IN_USE'
  | 'NETWORK_RANGE_EXHAUSTED'
  | 'VOLUME_NAME_TAKEN'
  | 'VOLUME_IN_USE'
  | 'BUILD_RUNNING'
  | 'BUILD_FINISHED'
  | 'BUILD_NOT_FAILED'
  | 'TERMINAL_TAKEN_OVER'
  | 'FILE_KIND_DIFFERS'
  | 'FILE_IN_USE'
  | 'OUTPUT_GONE'
  | 'LENGTH_REQUIRED'
  | 'FILE_TOO_LARGE'
  | 'BODY_TOO_LARGE'
  | 'UNSUPPORTED_MEDIA_TYPE'
  | 'RANGE_NOT_SATISFIABLE'
  | 'HOST_NOT_ALLOWED'
  | 'UPGRADE_NEEDED'
  | 'IDEMPOTENCY_KEY_REUSED'
  | 'CONTAINER_START_FAILED'
  | 'COMMAND_NOT_STARTED'
  | 'RUNTIME_UNAVAILABLE'
  | 'LIMIT_UNAVAILABLE'
  | 'CONTAINER_EXITED'
  | 'CONTAINER_UNHEALTHY'
  | 'TOO_MANY_REQUESTS'
  | 'HEADERS_TOO_LARGE'
  | 'BUILD_FAILED'
  | 'REQUEST_CANCELLED'
  | 'INTERNAL'
  | 'ENGINE_FAILED'
  | 'ENGINE_ANSWER_INVALID'
  | 'POLICY_NOT_APPLIED'
  | 'CONTAINER_STUCK'
  | 'ENGINE_UNSUPPORTED'
  | 'NODE_OUT_OF_REACH'
  | 'PUBLISH_ADDRESS_UNAVAILABLE'
  | 'REGISTRY_UNAUTHORIZED'
  | 'REGISTRY_FORBIDDEN'
  | 'REGISTRY_NOT_FOUND'
  | 'REGISTRY_NOT_TRUSTED'
  | 'REGISTRY_PLAIN_HTTP'
  | 'REGISTRY_REFUSED'
  | 'REGISTRY_UNAVAILABLE'
  | 'REGISTRY_RATE_LIMITED'
  | 'STATS_UNAVAILABLE'
  | 'ENGINE_UNAVAILABLE'
  | 'ISOLATION_UNAVAILABLE'
  | 'SWARM_UNAVAILABLE'
  | 'ENGINE_BUSY'
  | 'STORE_UNAVAILABLE'
  | 'SERVER_BUSY'
  | 'BUILD_QUEUE_FULL'
  | 'SERVER_STOPPING'
  | 'ENGINE_TIMEOUT'
  | 'REGISTRY_TIMEOUT'
  | 'WAIT_TIMEOUT'
  | 'BUILD_TIMEOUT'
  | 'EXEC_TIMEOUT'
  | 'AUDIT_FAILED'
  | 'STORAGE_FULL'

/** The HTTP status of each: a stream that fails says only the code. */
export const STATUSES: Record<ErrorCode, number> = {
  INVALID_REQUEST: 400,
  INVALID_CONTEXT: 400,
  INVALID_ARCHIVE: 400,
  UNAUTHORIZED: 401,
  FORBIDDEN: 403,
  POLICY_REFUSED: 403,
  CROSS_ORIGIN_REFUSED: 403,
  CONTAINER_NOT_MANAGED: 403,
  CONTAINER_IS_BERTH: 403,
  NETWORK_NOT_MANAGED: 403,
  VOLUME_NOT_MANAGED: 403,
  EXEC_DISABLED: 403,
  FILE_OUTSIDE: 403,
  FILE_READ_ONLY: 403,
  ROUTE_NOT_FOUND: 404,
  TOKEN_NOT_FOUND: 404,
  CONTAINER_NOT_FOUND: 404,
  IMAGE_NOT_FOUND: 404,
  NETWORK_NOT_FOUND: 404,
  VOLUME_NOT_FOUND: 404,
  TERMINAL_NOT_FOUND: 404,
  BUILD_NOT_FOUND: 404,
  NODE_NOT_FOUND: 404,
  FILE_NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  REQUEST_TIMEOUT: 408,
  TOKEN_NAME_TAKEN: 409,
  ADMIN_TOKEN_NEEDED: 409,
  CONTAINER_AMBIGUOUS: 409,
  CONTAINER_NAME_TAKEN: 409,
  CONTAINER_RUNNING: 409,
  CONTAINER_NOT_RUNNING: 409,
  CONTAINER_OF_ANOTHER_SERVER: 409,
  CONTAINER_BUSY: 409,
  PORT_RANGE_EXHAUSTED: 409,
  PORT_UNAVAILABLE: 409,
  NODE_UNSUITABLE: 409,
  SWARM_NEEDED: 409,
  IMAGE_IN_USE: 409,
  NETWORK_NAME_TAKEN: 409,
  NETWORK_IN_USE: 409,
  NETWORK_RANGE_EXHAUSTED: 409,
  VOLUME_NAME_TAKEN: 409,
  VOLUME_IN_USE: 409,
  BUILD_RUNNING: 409,
  BUILD_FINISHED: 409,
  BUILD_NOT_FAILED: 409,
  TERMINAL_TAKEN_OVER: 409,
  FILE_KIND_DIFFERS: 409,
  FILE_IN_USE: 409,
  OUTPUT_GONE: 410,
  LENGTH_REQUIRED: 411,
  FILE_TOO_LARGE: 413,
  BODY_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  RANGE_NOT_SATISFIABLE: 416,
  HOST_NOT_ALLOWED: 421,
  UPGRADE_NEEDED: 426,
  IDEMPOTENCY_KEY_REUSED: 422,
  CONTAINER_START_FAILED: 422,
  COMMAND_NOT_STARTED: 422,
  RUNTIME_UNAVAILABLE: 422,
  LIMIT_UNAVAILABLE: 422,
  CONTAINER_EXITED: 422,
  CONTAINER_UNHEALTHY: 422,
  TOO_MANY_REQUESTS: 429,
  HEADERS_TOO_LARGE: 431,
  BUILD_FAILED: 422,
  REQUEST_CANCELLED: 499,
  INTERNAL: 500,
  ENGINE_FAILED: 502,
  ENGINE_ANSWER_INVALID: 502,
  POLICY_NOT_APPLIED: 502,
  CONTAINER_STUCK: 502,
  ENGINE_UNSUPPORTED: 502,
  NODE_OUT_OF_REACH: 502,
  PUBLISH_ADDRESS_UNAVAILABLE: 502,
  REGISTRY_UNAUTHORIZED: 502,
  REGISTRY_FORBIDDEN: 502,
  REGISTRY_NOT_FOUND: 502,
  REGISTRY_NOT_TRUSTED: 502,
  REGISTRY_PLAIN_HTTP: 502,
  REGISTRY_REFUSED: 502,
  REGISTRY_UNAVAILABLE: 502,
  REGISTRY_RATE_LIMITED: 503,
  STATS_UNAVAILABLE: 503,
  ENGINE_UNAVAILABLE: 503,
  ISOLATION_UNAVAILABLE: 503,
  SWARM_UNAVAILABLE: 503,
  ENGINE_BUSY: 503,
  STORE_UNAVAILABLE: 503,
  SERVER_BUSY: 503,
  BUILD_QUEUE_FULL: 503,
  SERVER_STOPPING: 503,
  ENGINE_TIMEOUT: 504,
  REGISTRY_TIMEOUT: 504,
  WAIT_TIMEOUT: 504,
  BUILD_TIMEOUT: 504,
  EXEC_TIMEOUT: 504,
  AUDIT_FAILED: 507,
  STORAGE_FULL: 507
}

export interface Calls {
  getAbout: { given: {  }; answer: About }
  getHealth: { given: {  }; answer: Health }
  getReadiness: { given: {  }; answer: Health }
  getSystemStats: { given: {  }; answer: SystemStats }
  streamSystemStats: { given: {  }; answer: string }
  getSystemInfo: { given: {  }; answer: SystemInfo }
  cleanSystem: { given: { body?: CleanSystem }; answer: Cleaned }
  createContainer: { given: { body?: CreateContainer }; answer: CreatedContainer }
  listContainers: { given: { state?: "created" | "running" | "paused" | "restarting" | "removing" | "exited" | "dead"; name?: string; image?: string; label?: (string)[]; managed?: boolean; limit?: number; cursor?: string }; answer: (Container)[] }
  createContainerByVerb: { given: { body?: CreateContainer }; answer: CreatedContainer }
  listRunningContainers: { given: {  }; answer: (Container)[] }
  getContainer: { given: { id: string }; answer: Container }
  removeContainer: { given: { force?: boolean; id: string }; answer: RemovedContainer }
  updateContainer: { given: { id: string; body: UpdateContainer }; answer: ChangedContainer }
  startContainer: { given: { id: string }; answer: ChangedContainer }
  stopContainer: { given: { timeout?: number; id: string }; answer: ChangedContainer }
  restartContainer: { given: { timeout?: number; id: string }; answer: ChangedContainer }
  pauseContainer: { given: { id: string }; answer: ChangedContainer }
  unpauseContainer: { given: { id: string }; answer: ChangedContainer }
  renameContainer: { given: { id: string; body: RenameContainer }; answer: ChangedContainer }
  waitForContainer: { given: { for?: "running" | "port" | "healthy" | "http" | "exited" | "removed"; path?: string; timeout_seconds?: number; id: string }; answer: WaitedContainer }
  getContainerLogs: { given: { tail?: string; since?: string; until?: string; timestamps?: boolean; stdout?: boolean; stderr?: boolean; follow?: boolean; format?: "text" | "json"; id: string }; answer: ContainerLogs }
  getContainerProcesses: { given: { id: string }; answer: ContainerProcesses }
  execInContainer: { given: { id: string; body: ExecCommand }; answer: ExecResult }
  openTerminal: { given: { id: string }; answer: string }
  readContainerFiles: { given: { path: string; limit?: number; cursor?: string; id: string }; answer: FolderListing }
  removeContainerFile: { given: { path: string; recursive?: boolean; id: string }; answer: RemovedFile }
  writeContainerFile: { given: { path: string; unpack?: boolean; mode?: string; uid?: number; gid?: number; modified?: string; id: string }; answer: (WrittenFile) | (UnpackedArchive) }
  downloadContainerFiles: { given: { path: string; format?: "tar" | "tar.gz" | "zip"; id: string }; answer: string }
  makeContainerFolder: { given: { id: string; body: MakeFolder }; answer: WrittenFile }
  getPorts: { given: {  }; answer: PortOverview }
  listImages: { given: { reference?: string; dangling?: boolean; label?: (string)[]; managed?: boolean; in_use?: boolean; limit?: number; cursor?: string }; answer: (Image)[] }
  pullImage: { given: { body: PullImage }; answer: ImageDetails }
  pushImage: { given: { body: PushImage }; answer: PushedImage }
  tagImage: { given: { body: TagImage }; answer: ImageDetails }
  getImage: { given: { reference: string }; answer: ImageDetails }
  removeImage: { given: { force?: boolean; reference: string }; answer: RemovedImage }
  listNetworks: { given: {  }; answer: (Network)[] }
  createNetwork: { given: { body: CreateNetwork }; answer: Network }
  removeNetwork: { given: { name: string }; answer: RemovedNetwork }
  listNodes: { given: {  }; answer: (Node)[] }
  getNode: { given: { id: string }; answer: Node }
  drainNode: { given: { id: string }; answer: Node }
  activateNode: { given: { id: string }; answer: Node }
  listVolumes: { given: {  }; answer: (Volume)[] }
  createVolume: { given: { body: CreateVolume }; answer: Volume }
  getVolume: { given: { name: string }; answer: Volume }
  removeVolume: { given: { name: string }; answer: RemovedVolume }
  getContainerStats: { given: { id: string }; answer: ContainerStats }
  getContainerStatsHistory: { given: { seconds?: number; id: string }; answer: StatsHistory }
  streamContainerStats: { given: { id: string }; answer: string }
  getAllStats: { given: {  }; answer: AllStats }
  streamAllStats: { given: {  }; answer: string }
  createBuild: { given: { form: { file: Blob | AsyncIterable<Uint8Array>; image_name: string; image_tag?: (string)[]; dockerfile?: string; build_args?: { [name: string]: string }; target?: string; platform?: string; no_cache?: boolean; builder?: "auto" | "buildkit" | "classic"; push?: boolean; registry?: string; registry_username?: string; registry_password?: string; keep_image?: boolean; run?: CreateContainer } }; answer: BuildDetails }
  listBuilds: { given: { status?: "pending" | "in_progress" | "completed" | "failed" | "cancelled"; image?: string; limit?: number; cursor?: string }; answer: (Build)[] }
  getBuild: { given: { id: string }; answer: BuildDetails }
  removeBuild: { given: { keep_image?: boolean; force?: boolean; id: string }; answer: RemovedBuild }
  getBuildLogs: { given: { follow?: boolean; offset?: number; id: string }; answer: string }
  retryBuild: { given: { id: string; body?: RetryBuild }; answer: BuildDetails }
  cancelBuild: { given: { id: string }; answer: BuildDetails }
  streamEvents: { given: { type?: (string)[]; container?: string; label?: (string)[]; since?: string }; answer: string }
  getMetrics: { given: {  }; answer: string }
  getAccess: { given: {  }; answer: Access }
  createToken: { given: { body: CreateToken }; answer: CreatedToken }
  listTokens: { given: {  }; answer: (Token)[] }
  revokeToken: { given: { id: string }; answer: RevokedToken }
  listAudit: { given: { outcome?: "attempted" | "succeeded" | "failed" | "refused"; caller?: string; action?: string; object?: string; request_id?: string; since?: string; until?: string; limit?: number; cursor?: string }; answer: (AuditEntry)[] }
  callMcp: { given: { body?: McpMessage }; answer: McpAnswer }
}

/** The data of each event of a stream. */
export interface Streams {
  streamSystemStats: { stats: SystemStats; gap: StreamGap }
  createContainer: { progress: TransferProgress; result: CreatedContainer; gap: StreamGap; end: StreamEnd }
  createContainerByVerb: { progress: TransferProgress; result: CreatedContainer; gap: StreamGap; end: StreamEnd }
  getContainerLogs: { stdout: LogLineEvent; stderr: LogLineEvent; end: StreamEnd }
  execInContainer: { stdout: ExecOutput; stderr: ExecOutput; end: StreamEnd }
  pullImage: { progress: TransferProgress; result: ImageDetails; gap: StreamGap; end: StreamEnd }
  pushImage: { progress: TransferProgress; result: PushedImage; gap: StreamGap; end: StreamEnd }
  streamContainerStats: { stats: ContainerStats; gap: StreamGap; end: StreamEnd }
  streamAllStats: { stats: AllStats; gap: StreamGap }
  getBuildLogs: { line: BuildLine; end: StreamEnd }
  streamEvents: { [name: string]: BerthEvent }
}

export const CALLS: Record<keyof Calls, string> = {
  getAbout: 'GET /',
  getHealth: 'GET /health',
  getReadiness: 'GET /health/ready',
  getSystemStats: 'GET /system/stats',
  streamSystemStats: 'GET /system/stats/stream',
  getSystemInfo: 'GET /system/info',
  cleanSystem: 'POST /system/prune',
  createContainer: 'POST /containers',
  listContainers: 'GET /containers',
  createContainerByVerb: 'POST /containers/create',
  listRunningContainers: 'GET /containers/running',
  getContainer: 'GET /containers/{id}',
  removeContainer: 'DELETE /containers/{id}',
  updateContainer: 'PATCH /containers/{id}',
  startContainer: 'POST /containers/{id}/start',
  stopContainer: 'POST /containers/{id}/stop',
  restartContainer: 'POST /containers/{id}/restart',
  pauseContainer: 'POST /containers/{id}/pause',
  unpauseContainer: 'POST /containers/{id}/unpause',
  renameContainer: 'POST /containers/{id}/rename',
  waitForContainer: 'GET /containers/{id}/wait',
  getContainerLogs: 'GET /containers/{id}/logs',
  getContainerProcesses: 'GET /containers/{id}/top',
  execInContainer: 'POST /containers/{id}/exec',
  openTerminal: 'GET /containers/{id}/terminal',
  readContainerFiles: 'GET /containers/{id}/files',
  removeContainerFile: 'DELETE /containers/{id}/files',
  writeContainerFile: 'PUT /containers/{id}/files',
  downloadContainerFiles: 'GET /containers/{id}/files/archive',
  makeContainerFolder: 'POST /containers/{id}/files/folder',
  getPorts: 'GET /ports',
  listImages: 'GET /images',
  pullImage: 'POST /images/pull',
  pushImage: 'POST /images/push',
  tagImage: 'POST /images/tag',
  getImage: 'GET /images/{reference}',
  removeImage: 'DELETE /images/{reference}',
  listNetworks: 'GET /networks',
  createNetwork: 'POST /networks',
  removeNetwork: 'DELETE /networks/{name}',
  listNodes: 'GET /nodes',
  getNode: 'GET /nodes/{id}',
  drainNode: 'POST /nodes/{id}/drain',
  activateNode: 'POST /nodes/{id}/activate',
  listVolumes: 'GET /volumes',
  createVolume: 'POST /volumes',
  getVolume: 'GET /volumes/{name}',
  removeVolume: 'DELETE /volumes/{name}',
  getContainerStats: 'GET /containers/{id}/stats',
  getContainerStatsHistory: 'GET /containers/{id}/stats/history',
  streamContainerStats: 'GET /containers/{id}/stats/stream',
  getAllStats: 'GET /stats',
  streamAllStats: 'GET /stats/stream',
  createBuild: 'POST /builds',
  listBuilds: 'GET /builds',
  getBuild: 'GET /builds/{id}',
  removeBuild: 'DELETE /builds/{id}',
  getBuildLogs: 'GET /builds/{id}/logs',
  retryBuild: 'POST /builds/{id}/retry',
  cancelBuild: 'POST /builds/{id}/cancel',
  streamEvents: 'GET /events',
  getMetrics: 'GET /metrics',
  getAccess: 'GET /access',
  createToken: 'POST /tokens',
  listTokens: 'GET /tokens',
  revokeToken: 'DELETE /tokens/{id}',
  listAudit: 'GET /audit',
  callMcp: 'POST /mcp'
}
