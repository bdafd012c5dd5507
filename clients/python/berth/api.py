# Made of docs/openapi.json by scripts/python-client.ts (npm run docs). Not to be edited.

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

ProblemErrorsItem = TypedDict("ProblemErrorsItem", {
    "field": "str",
    "message": "str",
})

Problem = TypedDict("Problem", {
    "type": "str",
    "title": "str",
    "status": "int",
    "detail": "str",
    "code": "str",
    "retryable": "bool",
    "request_id": "str",
    "errors": "NotRequired[list[ProblemErrorsItem]]",
})

StreamEnd = TypedDict("StreamEnd", {
    "reason": "str",
    "code": "NotRequired[str]",
})

StreamGap = TypedDict("StreamGap", {
    "missed": "int",
})

About = TypedDict("About", {
    "name": "str",
    "message": "str",
    "version": "str",
    "docs": "str",
    "reading_view": "str",
    "openapi": "str",
    "endpoints": "list[str]",
})

Health = TypedDict("Health", {
    "status": "Literal['healthy', 'degraded']",
    "docker": "Literal['connected', 'unavailable']",
    "engine": "Literal['available', 'unavailable']",
    "engine_name": "NotRequired[str]",
    "engine_version": "NotRequired[str]",
    "engine_api_version": "NotRequired[str]",
    "engine_address": "NotRequired[str]",
    "engine_source": "NotRequired[str]",
    "engine_reason": "NotRequired[str]",
    "engine_since": "NotRequired[str]",
    "inventory": "Literal['in_sync', 'stale']",
    "inventory_age_ms": "NotRequired[int]",
    "unread_containers": "NotRequired[int]",
    "database": "NotRequired[Literal['available', 'unavailable']]",
    "database_latency_ms": "NotRequired[float]",
    "database_reason": "NotRequired[str]",
    "database_since": "NotRequired[str]",
    "version": "str",
    "uptime_seconds": "int",
})

SystemStatsMemory = TypedDict("SystemStatsMemory", {
    "total_bytes": "int",
    "used_bytes": "int",
    "available_bytes": "int",
    "cache_bytes": "int",
    "swap_total_bytes": "int",
    "swap_used_bytes": "int",
})

SystemStatsDisksItem = TypedDict("SystemStatsDisksItem", {
    "mount": "str",
    "type": "str",
    "size_bytes": "int",
    "used_bytes": "int",
    "available_bytes": "int",
    "used_percent": "float",
})

SystemStatsNetworksItem = TypedDict("SystemStatsNetworksItem", {
    "name": "str",
    "rx_bytes": "int",
    "tx_bytes": "int",
    "rx_per_second": "float",
    "tx_per_second": "float",
})

SystemStatsContainers = TypedDict("SystemStatsContainers", {
    "total": "int",
    "running": "int",
    "managed": "int",
})

SystemStats = TypedDict("SystemStats", {
    "cpu_percent": "float",
    "memory_percent": "float",
    "memory_used": "str",
    "memory_total": "str",
    "disk_usage_percent": "float",
    "timestamp": "float",
    "cores": "list[float]",
    "load": "list[float]",
    "memory": "SystemStatsMemory",
    "disks": "list[SystemStatsDisksItem]",
    "networks": "list[SystemStatsNetworksItem]",
    "uptime_seconds": "int",
    "containers": "SystemStatsContainers",
    "sampled_at": "str",
    "age_ms": "int",
})

SystemInfoEngineContainers = TypedDict("SystemInfoEngineContainers", {
    "total": "int",
    "running": "int",
    "paused": "int",
    "stopped": "int",
})

SystemInfoEngine = TypedDict("SystemInfoEngine", {
    "name": "str",
    "version": "str",
    "api_version": "str",
    "address": "str",
    "operating_system": "str",
    "kernel": "str",
    "architecture": "str",
    "cpus": "int",
    "memory_bytes": "int",
    "cgroup_version": "str",
    "swarm": "str",
    "runtimes": "list[str]",
    "images": "int",
    "containers": "SystemInfoEngineContainers",
})

SystemInfoStorage = TypedDict("SystemInfoStorage", {
    "driver": "str",
    "root": "str",
})

SystemInfoLimits = TypedDict("SystemInfoLimits", {
    "ports": "str",
    "memory_default": "int",
    "memory_max": "int",
    "cpus_default": "float",
    "cpus_max": "float",
    "pids_default": "int",
    "pids_max": "int",
    "nofile_default": "int | None",
    "nofile_max": "int",
    "storage_size_default": "int | None",
    "storage_size_max": "int",
    "io_weight_max": "int",
    "exec": "bool",
})

SystemInfo = TypedDict("SystemInfo", {
    "version": "str",
    "node_version": "str",
    "engine": "SystemInfoEngine",
    "storage": "SystemInfoStorage",
    "limits": "SystemInfoLimits",
    "own_container": "str | None",
})

CleanSystem = TypedDict("CleanSystem", {
    "containers": "NotRequired[bool]",
    "images": "NotRequired[bool]",
    "volumes": "NotRequired[bool]",
    "networks": "NotRequired[bool]",
    "build_cache": "NotRequired[bool]",
    "older_than_seconds": "NotRequired[int]",
    "dry_run": "NotRequired[bool]",
})

CleanedContainersItem = TypedDict("CleanedContainersItem", {
    "id": "str",
    "name": "str",
})

CleanedImagesItem = TypedDict("CleanedImagesItem", {
    "id": "str",
    "name": "str",
})

CleanedVolumesItem = TypedDict("CleanedVolumesItem", {
    "id": "str",
    "name": "str",
})

CleanedNetworksItem = TypedDict("CleanedNetworksItem", {
    "id": "str",
    "name": "str",
})

CleanedKeptItem = TypedDict("CleanedKeptItem", {
    "id": "str",
    "name": "str",
    "reason": "str",
})

Cleaned = TypedDict("Cleaned", {
    "containers": "list[CleanedContainersItem]",
    "images": "list[CleanedImagesItem]",
    "volumes": "list[CleanedVolumesItem]",
    "networks": "list[CleanedNetworksItem]",
    "build_cache_bytes": "int",
    "freed_bytes": "int",
    "kept": "list[CleanedKeptItem]",
    "dry_run": "bool",
    "message": "str",
})

ExecOutput = TypedDict("ExecOutput", {
    "text": "str",
})

RenameContainer = TypedDict("RenameContainer", {
    "name": "str",
})

LogLineEvent = TypedDict("LogLineEvent", {
    "timestamp": "str",
    "line": "str",
})

CreateContainerPorts1Item1 = TypedDict("CreateContainerPorts1Item1", {
    "container_port": "int",
    "protocol": "NotRequired[Literal['tcp', 'udp']]",
    "host_port": "NotRequired[int]",
})

CreateContainerHealthcheck = TypedDict("CreateContainerHealthcheck", {
    "test": "list[str]",
    "interval_seconds": "NotRequired[float]",
    "timeout_seconds": "NotRequired[float]",
    "start_period_seconds": "NotRequired[float]",
    "retries": "NotRequired[int]",
})

CreateContainerVolumesItem = TypedDict("CreateContainerVolumesItem", {
    "source": "str",
    "target": "str",
    "read_only": "NotRequired[bool]",
})

CreateContainer = TypedDict("CreateContainer", {
    "name": "NotRequired[str]",
    "image": "NotRequired[str]",
    "pull": "NotRequired[Literal['missing', 'always', 'never']]",
    "ports": "NotRequired[list[CreateContainerPorts1Item1 | str] | dict[str, int | None]]",
    "env": "NotRequired[dict[str, str]]",
    "labels": "NotRequired[dict[str, str]]",
    "command": "NotRequired[list[str] | str]",
    "entrypoint": "NotRequired[list[str] | str]",
    "working_dir": "NotRequired[str]",
    "user": "NotRequired[str]",
    "memory": "NotRequired[int | str]",
    "cpus": "NotRequired[float]",
    "pids_limit": "NotRequired[int]",
    "nofile": "NotRequired[int]",
    "storage_size": "NotRequired[int | str]",
    "io_weight": "NotRequired[int]",
    "read_only": "NotRequired[bool]",
    "runtime": "NotRequired[str]",
    "constraints": "NotRequired[list[str]]",
    "spread": "NotRequired[str]",
    "restart": "NotRequired[Literal['no', 'on-failure', 'unless-stopped', 'always']]",
    "healthcheck": "NotRequired[CreateContainerHealthcheck]",
    "volumes": "NotRequired[list[CreateContainerVolumesItem]]",
    "network": "NotRequired[str]",
    "aliases": "NotRequired[list[str]]",
    "stop_timeout": "NotRequired[int]",
    "ttl_seconds": "NotRequired[int]",
    "ttl": "NotRequired[str]",
    "shared": "NotRequired[bool]",
    "start": "NotRequired[bool]",
    "wait": "NotRequired[Literal['none', 'running', 'port', 'healthy', 'http']]",
    "wait_path": "NotRequired[str]",
    "wait_timeout_seconds": "NotRequired[float]",
})

ContainerLimits = TypedDict("ContainerLimits", {
    "memory": "int | None",
    "cpus": "float | None",
    "pids": "int | None",
    "nofile": "int | None",
    "storage_size": "int | None",
    "io_weight": "int | None",
})

ContainerNetworksItem = TypedDict("ContainerNetworksItem", {
    "name": "str",
    "address": "str | None",
    "aliases": "list[str]",
})

ContainerVolumesItem = TypedDict("ContainerVolumesItem", {
    "source": "str",
    "target": "str",
    "read_only": "bool",
})

ContainerNode = TypedDict("ContainerNode", {
    "id": "str",
    "name": "str",
    "address": "str | None",
})

Container = TypedDict("Container", {
    "id": "str",
    "name": "str",
    "status": "Literal['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead']",
    "image": "str",
    "ports": "dict[str, str]",
    "created": "str",
    "state": "Literal['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead']",
    "url": "str | None",
    "full_id": "str",
    "health": "Literal['starting', 'healthy', 'unhealthy'] | None",
    "exit_code": "int | None",
    "oom_killed": "bool",
    "limits": "ContainerLimits",
    "read_only": "bool",
    "runtime": "str | None",
    "restart": "Literal['no', 'on-failure', 'unless-stopped', 'always']",
    "restart_count": "int",
    "labels": "dict[str, str]",
    "env": "list[str]",
    "command": "list[str]",
    "networks": "list[ContainerNetworksItem]",
    "volumes": "list[ContainerVolumesItem]",
    "node": "ContainerNode | None",
    "managed": "bool",
    "owner": "str | None",
    "team": "str | None",
    "started_at": "str | None",
    "finished_at": "str | None",
    "expires_at": "str | None",
    "stale": "NotRequired[bool]",
    "age_ms": "NotRequired[int]",
})

CreatedContainerLimits = TypedDict("CreatedContainerLimits", {
    "memory": "int | None",
    "cpus": "float | None",
    "pids": "int | None",
    "nofile": "int | None",
    "storage_size": "int | None",
    "io_weight": "int | None",
})

CreatedContainerNetworksItem = TypedDict("CreatedContainerNetworksItem", {
    "name": "str",
    "address": "str | None",
    "aliases": "list[str]",
})

CreatedContainerVolumesItem = TypedDict("CreatedContainerVolumesItem", {
    "source": "str",
    "target": "str",
    "read_only": "bool",
})

CreatedContainerNode = TypedDict("CreatedContainerNode", {
    "id": "str",
    "name": "str",
    "address": "str | None",
})

CreatedContainer = TypedDict("CreatedContainer", {
    "id": "str",
    "name": "str",
    "status": "Literal['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead']",
    "image": "str",
    "ports": "dict[str, str]",
    "created": "str",
    "state": "Literal['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead']",
    "url": "str | None",
    "full_id": "str",
    "health": "Literal['starting', 'healthy', 'unhealthy'] | None",
    "exit_code": "int | None",
    "oom_killed": "bool",
    "limits": "CreatedContainerLimits",
    "read_only": "bool",
    "runtime": "str | None",
    "restart": "Literal['no', 'on-failure', 'unless-stopped', 'always']",
    "restart_count": "int",
    "labels": "dict[str, str]",
    "env": "list[str]",
    "command": "list[str]",
    "networks": "list[CreatedContainerNetworksItem]",
    "volumes": "list[CreatedContainerVolumesItem]",
    "node": "CreatedContainerNode | None",
    "managed": "bool",
    "owner": "str | None",
    "team": "str | None",
    "started_at": "str | None",
    "finished_at": "str | None",
    "expires_at": "str | None",
    "stale": "NotRequired[bool]",
    "age_ms": "NotRequired[int]",
    "warnings": "list[str]",
    "replayed": "bool",
})

ChangedContainerLimits = TypedDict("ChangedContainerLimits", {
    "memory": "int | None",
    "cpus": "float | None",
    "pids": "int | None",
    "nofile": "int | None",
    "storage_size": "int | None",
    "io_weight": "int | None",
})

ChangedContainerNetworksItem = TypedDict("ChangedContainerNetworksItem", {
    "name": "str",
    "address": "str | None",
    "aliases": "list[str]",
})

ChangedContainerVolumesItem = TypedDict("ChangedContainerVolumesItem", {
    "source": "str",
    "target": "str",
    "read_only": "bool",
})

ChangedContainerNode = TypedDict("ChangedContainerNode", {
    "id": "str",
    "name": "str",
    "address": "str | None",
})

ChangedContainerChangedPortItem = TypedDict("ChangedContainerChangedPortItem", {
    "container_port": "int",
    "protocol": "Literal['tcp', 'udp']",
    "from": "int",
    "to": "int",
})

ChangedContainer = TypedDict("ChangedContainer", {
    "id": "str",
    "name": "str",
    "status": "Literal['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead']",
    "image": "str",
    "ports": "dict[str, str]",
    "created": "str",
    "state": "Literal['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead']",
    "url": "str | None",
    "full_id": "str",
    "health": "Literal['starting', 'healthy', 'unhealthy'] | None",
    "exit_code": "int | None",
    "oom_killed": "bool",
    "limits": "ChangedContainerLimits",
    "read_only": "bool",
    "runtime": "str | None",
    "restart": "Literal['no', 'on-failure', 'unless-stopped', 'always']",
    "restart_count": "int",
    "labels": "dict[str, str]",
    "env": "list[str]",
    "command": "list[str]",
    "networks": "list[ChangedContainerNetworksItem]",
    "volumes": "list[ChangedContainerVolumesItem]",
    "node": "ChangedContainerNode | None",
    "managed": "bool",
    "owner": "str | None",
    "team": "str | None",
    "started_at": "str | None",
    "finished_at": "str | None",
    "expires_at": "str | None",
    "stale": "NotRequired[bool]",
    "age_ms": "NotRequired[int]",
    "changed": "bool",
    "message": "str",
    "changed_port": "NotRequired[list[ChangedContainerChangedPortItem]]",
    "replaced": "NotRequired[str]",
})

RemovedContainer = TypedDict("RemovedContainer", {
    "id": "str",
    "name": "str",
    "removed": "bool",
    "message": "str",
})

UpdateContainer = TypedDict("UpdateContainer", {
    "memory": "NotRequired[int | str]",
    "cpus": "NotRequired[float]",
    "pids_limit": "NotRequired[int]",
    "restart": "NotRequired[Literal['no', 'on-failure', 'unless-stopped', 'always']]",
    "ttl_seconds": "NotRequired[int | None]",
    "ttl": "NotRequired[str]",
    "image": "NotRequired[str]",
    "env": "NotRequired[dict[str, str | None]]",
})

WaitedContainer = TypedDict("WaitedContainer", {
    "container": "Container | None",
    "reached": "str",
    "waited_ms": "int",
})

ContainerLogsLinesItem = TypedDict("ContainerLogsLinesItem", {
    "stream": "Literal['stdout', 'stderr']",
    "timestamp": "str",
    "line": "str",
})

ContainerLogs = TypedDict("ContainerLogs", {
    "lines": "list[ContainerLogsLinesItem]",
})

ContainerProcesses = TypedDict("ContainerProcesses", {
    "titles": "list[str]",
    "processes": "list[list[str]]",
})

ExecCommand = TypedDict("ExecCommand", {
    "command": "list[str] | str",
    "env": "NotRequired[dict[str, str]]",
    "working_dir": "NotRequired[str]",
    "user": "NotRequired[str]",
    "timeout_seconds": "NotRequired[float]",
    "stdin": "NotRequired[str]",
    "stream": "NotRequired[bool]",
})

ExecResult = TypedDict("ExecResult", {
    "exit_code": "int",
    "stdout": "str",
    "stderr": "str",
    "truncated": "bool",
})

MakeFolder = TypedDict("MakeFolder", {
    "path": "str",
    "mode": "NotRequired[str]",
    "uid": "NotRequired[int]",
    "gid": "NotRequired[int]",
    "modified": "NotRequired[str]",
})

FileEntry = TypedDict("FileEntry", {
    "name": "str",
    "name_base64": "NotRequired[str]",
    "kind": "Literal['file', 'folder', 'link', 'pipe', 'device', 'other']",
    "size": "int | None",
    "mode": "str",
    "uid": "int",
    "gid": "int",
    "modified": "str",
    "target": "str | None",
    "target_base64": "NotRequired[str]",
})

FolderListing = TypedDict("FolderListing", {
    "path": "str",
    "entries": "list[FileEntry]",
    "complete": "bool",
    "reason": "str | None",
    "read_bytes": "int",
})

WrittenFile = TypedDict("WrittenFile", {
    "path": "str",
    "kind": "Literal['file', 'folder']",
    "size": "int | None",
    "mode": "str",
    "uid": "int",
    "gid": "int",
    "replaced": "bool",
})

UnpackedArchive = TypedDict("UnpackedArchive", {
    "path": "str",
    "entries": "int",
    "bytes": "int",
})

RemovedFile = TypedDict("RemovedFile", {
    "path": "str",
    "removed": "bool",
    "message": "str",
})

PortOverviewCounts = TypedDict("PortOverviewCounts", {
    "free": "int",
    "leased": "int",
    "bound": "int",
    "parked": "int",
    "blocked": "int",
    "reserved": "int",
})

PortOverviewUdpCounts = TypedDict("PortOverviewUdpCounts", {
    "free": "int",
    "leased": "int",
    "bound": "int",
    "parked": "int",
    "blocked": "int",
    "reserved": "int",
})

PortOverviewNext = TypedDict("PortOverviewNext", {
    "tcp": "int | None",
    "udp": "int | None",
})

PortOverviewPortsItemHolder = TypedDict("PortOverviewPortsItemHolder", {
    "id": "str",
    "name": "str",
    "managed": "bool",
})

PortOverviewPortsItem = TypedDict("PortOverviewPortsItem", {
    "port": "int",
    "protocol": "Literal['tcp', 'udp']",
    "state": "Literal['free', 'leased', 'bound', 'parked', 'blocked', 'reserved']",
    "holder": "PortOverviewPortsItemHolder | None",
    "reason": "str | None",
})

PortOverview = TypedDict("PortOverview", {
    "used_ports": "list[int]",
    "available_range": "str",
    "total_ports": "int",
    "counts": "PortOverviewCounts",
    "udp_counts": "PortOverviewUdpCounts",
    "next": "PortOverviewNext",
    "ports": "list[PortOverviewPortsItem]",
})

TransferProgress = TypedDict("TransferProgress", {
    "layer": "str | None",
    "status": "str",
    "current_bytes": "int | None",
    "total_bytes": "int | None",
})

ImageContainersItem = TypedDict("ImageContainersItem", {
    "id": "str",
    "name": "str",
    "state": "str",
})

Image = TypedDict("Image", {
    "id": "str",
    "full_id": "str",
    "tags": "list[str]",
    "digests": "list[str]",
    "created": "str | None",
    "size": "int",
    "labels": "dict[str, str]",
    "managed": "bool",
    "containers": "list[ImageContainersItem]",
})

ImageDetailsContainersItem = TypedDict("ImageDetailsContainersItem", {
    "id": "str",
    "name": "str",
    "state": "str",
})

ImageDetails = TypedDict("ImageDetails", {
    "id": "str",
    "full_id": "str",
    "tags": "list[str]",
    "digests": "list[str]",
    "created": "str | None",
    "size": "int",
    "labels": "dict[str, str]",
    "managed": "bool",
    "containers": "list[ImageDetailsContainersItem]",
    "architecture": "str",
    "os": "str",
    "exposed_ports": "list[str]",
    "command": "list[str]",
    "entrypoint": "list[str]",
    "env": "list[str]",
    "working_dir": "str",
    "user": "str",
    "volumes": "list[str]",
    "layers": "int",
})

RegistryCredentials = TypedDict("RegistryCredentials", {
    "username": "NotRequired[str]",
    "password": "NotRequired[str]",
    "identity_token": "NotRequired[str]",
})

PullImage = TypedDict("PullImage", {
    "image": "str",
    "credentials": "NotRequired[RegistryCredentials]",
})

PushImage = TypedDict("PushImage", {
    "image": "str",
    "credentials": "NotRequired[RegistryCredentials]",
})

PushedImage = TypedDict("PushedImage", {
    "image": "str",
    "registry": "str",
    "digest": "str",
    "size": "int",
    "confirmed": "bool",
    "message": "str",
})

TagImage = TypedDict("TagImage", {
    "image": "str",
    "target": "str",
})

RemovedImage = TypedDict("RemovedImage", {
    "id": "str",
    "untagged": "list[str]",
    "deleted": "list[str]",
    "message": "str",
})

CreateNetwork = TypedDict("CreateNetwork", {
    "name": "str",
    "internal": "NotRequired[bool]",
    "shared": "NotRequired[bool]",
})

NetworkContainersItem = TypedDict("NetworkContainersItem", {
    "id": "str",
    "name": "str",
    "state": "str",
})

Network = TypedDict("Network", {
    "id": "str",
    "full_id": "str",
    "name": "str",
    "driver": "str",
    "scope": "str",
    "internal": "bool",
    "attachable": "bool",
    "subnets": "list[str]",
    "created": "str | None",
    "managed": "bool",
    "usable": "bool",
    "containers": "list[NetworkContainersItem]",
})

RemovedNetwork = TypedDict("RemovedNetwork", {
    "name": "str",
    "removed": "bool",
    "message": "str",
})

NodeContainersItem = TypedDict("NodeContainersItem", {
    "id": "str",
    "name": "str",
})

Node = TypedDict("Node", {
    "id": "str",
    "name": "str",
    "address": "str | None",
    "role": "Literal['manager', 'worker']",
    "leader": "bool",
    "reachable": "bool | None",
    "state": "Literal['ready', 'down', 'disconnected', 'unknown']",
    "availability": "Literal['active', 'pause', 'drain']",
    "cpus": "float | None",
    "memory": "int | None",
    "engine_version": "str | None",
    "architecture": "str | None",
    "labels": "dict[str, str]",
    "containers": "list[NodeContainersItem]",
})

CreateVolume = TypedDict("CreateVolume", {
    "name": "str",
    "shared": "NotRequired[bool]",
})

VolumeContainersItem = TypedDict("VolumeContainersItem", {
    "id": "str",
    "name": "str",
    "state": "str",
})

Volume = TypedDict("Volume", {
    "name": "str",
    "driver": "str",
    "created": "str | None",
    "managed": "bool",
    "usable": "bool",
    "containers": "list[VolumeContainersItem]",
})

RemovedVolume = TypedDict("RemovedVolume", {
    "name": "str",
    "removed": "bool",
    "message": "str",
})

ContainerStatsInterfacesValue = TypedDict("ContainerStatsInterfacesValue", {
    "rx_bytes": "int",
    "tx_bytes": "int",
})

ContainerStats = TypedDict("ContainerStats", {
    "container_id": "str",
    "name": "str",
    "cpu_percent": "float",
    "memory_usage": "str",
    "memory_limit": "str",
    "memory_percent": "float",
    "network_rx": "str",
    "network_tx": "str",
    "timestamp": "float",
    "cpu_percent_of_limit": "float | None",
    "memory_bytes": "int",
    "memory_cache_bytes": "int",
    "memory_usage_bytes": "int",
    "memory_limit_bytes": "int | None",
    "network_rx_bytes": "int",
    "network_tx_bytes": "int",
    "network_rx_per_second": "float",
    "network_tx_per_second": "float",
    "interfaces": "dict[str, ContainerStatsInterfacesValue]",
    "block_read_bytes": "int",
    "block_write_bytes": "int",
    "block_read_per_second": "float",
    "block_write_per_second": "float",
    "pids": "int",
    "sampled_at": "str",
    "age_ms": "int",
    "source": "Literal['cgroup', 'engine']",
})

StatsHistoryPointsItem = TypedDict("StatsHistoryPointsItem", {
    "sampled_at": "str",
    "cpu_percent": "float",
    "memory_bytes": "int",
    "network_rx_per_second": "float",
    "network_tx_per_second": "float",
    "block_read_per_second": "float",
    "block_write_per_second": "float",
    "pids": "int",
})

StatsHistory = TypedDict("StatsHistory", {
    "container_id": "str",
    "name": "str",
    "interval_ms": "int",
    "points": "list[StatsHistoryPointsItem]",
})

AllStats = TypedDict("AllStats", {
    "sampled_at": "str",
    "containers": "list[ContainerStats]",
})

BuildLine = TypedDict("BuildLine", {
    "line": "str",
})

BuildContext = TypedDict("BuildContext", {
    "kind": "Literal['dockerfile', 'tar', 'zip']",
    "bytes": "int",
    "entries": "int",
})

BuildBuild = TypedDict("BuildBuild", {
    "status": "Literal['skipped', 'pending', 'in_progress', 'completed', 'failed', 'cancelled']",
    "reason": "str | None",
    "code": "str | None",
    "retryable": "bool",
    "started_at": "str | None",
    "finished_at": "str | None",
    "duration_ms": "int | None",
})

BuildPushPushedItem = TypedDict("BuildPushPushedItem", {
    "reference": "str",
    "digest": "str",
    "size": "int",
})

BuildPush = TypedDict("BuildPush", {
    "status": "Literal['skipped', 'pending', 'in_progress', 'completed', 'failed', 'cancelled']",
    "reason": "str | None",
    "code": "str | None",
    "retryable": "bool",
    "started_at": "str | None",
    "finished_at": "str | None",
    "duration_ms": "int | None",
    "pushed": "list[BuildPushPushedItem]",
})

BuildRun = TypedDict("BuildRun", {
    "status": "Literal['skipped', 'pending', 'in_progress', 'completed', 'failed', 'cancelled']",
    "reason": "str | None",
    "code": "str | None",
    "retryable": "bool",
    "started_at": "str | None",
    "finished_at": "str | None",
    "duration_ms": "int | None",
    "container_id": "str | None",
    "url": "str | None",
})

BuildLinks = TypedDict("BuildLinks", {
    "self": "str",
    "logs": "str",
})

Build = TypedDict("Build", {
    "id": "str",
    "status": "Literal['pending', 'in_progress', 'completed', 'failed', 'cancelled']",
    "image_name": "str",
    "image_tags": "list[str]",
    "references": "list[str]",
    "image_id": "str | None",
    "dockerfile": "str",
    "target": "str | None",
    "platform": "str | None",
    "no_cache": "bool",
    "builder": "Literal['auto', 'buildkit', 'classic']",
    "build_arg_names": "list[str]",
    "context": "BuildContext",
    "build": "BuildBuild",
    "push": "BuildPush",
    "run": "BuildRun",
    "log_truncated": "bool",
    "created_at": "str",
    "finished_at": "str | None",
    "expires_at": "str | None",
    "queue_position": "int | None",
    "links": "BuildLinks",
})

BuildDetailsContext = TypedDict("BuildDetailsContext", {
    "kind": "Literal['dockerfile', 'tar', 'zip']",
    "bytes": "int",
    "entries": "int",
})

BuildDetailsBuild = TypedDict("BuildDetailsBuild", {
    "status": "Literal['skipped', 'pending', 'in_progress', 'completed', 'failed', 'cancelled']",
    "reason": "str | None",
    "code": "str | None",
    "retryable": "bool",
    "started_at": "str | None",
    "finished_at": "str | None",
    "duration_ms": "int | None",
})

BuildDetailsPushPushedItem = TypedDict("BuildDetailsPushPushedItem", {
    "reference": "str",
    "digest": "str",
    "size": "int",
})

BuildDetailsPush = TypedDict("BuildDetailsPush", {
    "status": "Literal['skipped', 'pending', 'in_progress', 'completed', 'failed', 'cancelled']",
    "reason": "str | None",
    "code": "str | None",
    "retryable": "bool",
    "started_at": "str | None",
    "finished_at": "str | None",
    "duration_ms": "int | None",
    "pushed": "list[BuildDetailsPushPushedItem]",
})

BuildDetailsRun = TypedDict("BuildDetailsRun", {
    "status": "Literal['skipped', 'pending', 'in_progress', 'completed', 'failed', 'cancelled']",
    "reason": "str | None",
    "code": "str | None",
    "retryable": "bool",
    "started_at": "str | None",
    "finished_at": "str | None",
    "duration_ms": "int | None",
    "container_id": "str | None",
    "url": "str | None",
})

BuildDetailsLinks = TypedDict("BuildDetailsLinks", {
    "self": "str",
    "logs": "str",
})

BuildDetailsStepsItem = TypedDict("BuildDetailsStepsItem", {
    "number": "int",
    "name": "str",
    "status": "Literal['running', 'completed', 'cached', 'failed']",
    "duration_ms": "int | None",
})

BuildDetails = TypedDict("BuildDetails", {
    "id": "str",
    "status": "Literal['pending', 'in_progress', 'completed', 'failed', 'cancelled']",
    "image_name": "str",
    "image_tags": "list[str]",
    "references": "list[str]",
    "image_id": "str | None",
    "dockerfile": "str",
    "target": "str | None",
    "platform": "str | None",
    "no_cache": "bool",
    "builder": "Literal['auto', 'buildkit', 'classic']",
    "build_arg_names": "list[str]",
    "context": "BuildDetailsContext",
    "build": "BuildDetailsBuild",
    "push": "BuildDetailsPush",
    "run": "BuildDetailsRun",
    "log_truncated": "bool",
    "created_at": "str",
    "finished_at": "str | None",
    "expires_at": "str | None",
    "queue_position": "int | None",
    "links": "BuildDetailsLinks",
    "steps": "list[BuildDetailsStepsItem]",
})

RetryBuild = TypedDict("RetryBuild", {
    "registry_username": "NotRequired[str]",
    "registry_password": "NotRequired[str]",
})

RemovedBuildImagesKeptItem = TypedDict("RemovedBuildImagesKeptItem", {
    "reference": "str",
    "reason": "str",
})

RemovedBuild = TypedDict("RemovedBuild", {
    "id": "str",
    "message": "str",
    "images_removed": "list[str]",
    "images_kept": "list[RemovedBuildImagesKeptItem]",
})

BuildStarted = TypedDict("BuildStarted", {
    "status": "Literal[200]",
    "message": "str",
    "build_id": "str",
})

BuildPushStatusBuildStatus = TypedDict("BuildPushStatusBuildStatus", {
    "build_id": "str",
    "build_status": "Literal['Pending', 'In Progress', 'Completed', 'Failed']",
    "push_status": "Literal['Pending', 'In Progress', 'Completed', 'Failed']",
    "Build Fail Reason": "NotRequired[str]",
    "Push Fail Reason": "NotRequired[str]",
})

BuildPushStatus = TypedDict("BuildPushStatus", {
    "status": "Literal[200]",
    "build_status": "BuildPushStatusBuildStatus",
})

DockerfileBuild = TypedDict("DockerfileBuild", {
    "id": "str",
    "username": "str | None",
    "file": "str | None",
    "status": "str",
    "image_id": "str | None",
})

BerthEvent = TypedDict("BerthEvent", {
    "type": "str",
    "time": "str",
})

CreateToken = TypedDict("CreateToken", {
    "name": "str",
    "scopes": "list[Literal['read', 'files', 'containers:write', 'builds:write', 'images:write', 'exec', 'admin']]",
    "team": "NotRequired[str]",
    "ttl_seconds": "NotRequired[int]",
})

Token = TypedDict("Token", {
    "id": "str",
    "name": "str",
    "scopes": "list[Literal['read', 'files', 'containers:write', 'builds:write', 'images:write', 'exec', 'admin']]",
    "team": "str | None",
    "created_at": "str",
    "expires_at": "str | None",
    "last_used_at": "str | None",
})

CreatedToken = TypedDict("CreatedToken", {
    "id": "str",
    "name": "str",
    "scopes": "list[Literal['read', 'files', 'containers:write', 'builds:write', 'images:write', 'exec', 'admin']]",
    "team": "str | None",
    "created_at": "str",
    "expires_at": "str | None",
    "last_used_at": "str | None",
    "token": "str",
})

RevokedToken = TypedDict("RevokedToken", {
    "id": "str",
    "name": "str",
    "revoked": "Literal[True]",
    "message": "str",
})

AuditEntry = TypedDict("AuditEntry", {
    "seq": "int",
    "time": "str",
    "outcome": "Literal['attempted', 'succeeded', 'failed', 'refused']",
    "caller": "str",
    "token_id": "str | None",
    "scope": "str | None",
    "address": "str",
    "door": "Literal['rest', 'grpc', 'command']",
    "action": "str",
    "object": "str | None",
    "code": "str | None",
    "duration_ms": "float | None",
    "request_id": "str",
    "hash": "str",
})

PolicyIsolation = TypedDict("PolicyIsolation", {
    "reach": "NotRequired[list[str]]",
})

PolicyRuntimesItem = TypedDict("PolicyRuntimesItem", {
    "runtime": "str",
    "images": "NotRequired[list[str]]",
    "tokens": "NotRequired[list[str]]",
})

PolicyRegistriesValue = TypedDict("PolicyRegistriesValue", {
    "pull": "NotRequired[list[str]]",
    "push": "NotRequired[list[str]]",
})

Policy = TypedDict("Policy", {
    "visibility": "NotRequired[Literal['own', 'all']]",
    "images": "NotRequired[list[str]]",
    "volumes": "NotRequired[list[str]]",
    "networks": "NotRequired[list[str]]",
    "isolation": "NotRequired[PolicyIsolation]",
    "labels": "NotRequired[list[str]]",
    "runtimes": "NotRequired[list[PolicyRuntimesItem]]",
    "memory": "NotRequired[int]",
    "cpus": "NotRequired[float]",
    "pids_limit": "NotRequired[int]",
    "storage_size": "NotRequired[int]",
    "io_weight": "NotRequired[int]",
    "file_bytes": "NotRequired[int]",
    "file_entries": "NotRequired[int]",
    "containers_per_token": "NotRequired[int]",
    "ports_per_token": "NotRequired[int]",
    "memory_per_token": "NotRequired[int]",
    "cpus_per_token": "NotRequired[float]",
    "volumes_per_token": "NotRequired[int]",
    "networks_per_token": "NotRequired[int]",
    "builds_per_token": "NotRequired[int]",
    "build_bytes_per_token": "NotRequired[int]",
    "registries": "NotRequired[dict[str, PolicyRegistriesValue]]",
    "remote_sources": "NotRequired[bool]",
})

Access = TypedDict("Access", {
    "caller": "str",
    "token_id": "str | None",
    "team": "str | None",
    "scopes": "list[Literal['read', 'files', 'containers:write', 'builds:write', 'images:write', 'exec', 'admin']]",
    "sees_all": "bool",
    "exec": "bool",
    "swarm": "bool",
    "policy": "NotRequired[Policy]",
})

McpMessage = TypedDict("McpMessage", {
    "jsonrpc": "NotRequired[str]",
    "id": "NotRequired[str | float]",
    "method": "NotRequired[str]",
})

McpAnswer = TypedDict("McpAnswer", {
    "jsonrpc": "NotRequired[str]",
    "id": "NotRequired[str | float]",
    "result": "NotRequired[dict[str, Any]]",
    "error": "NotRequired[dict[str, Any]]",
})


CALLS: dict[str, tuple[str, str]] = {
    "getAbout": ("GET", "/"),
    "getHealth": ("GET", "/health"),
    "getReadiness": ("GET", "/health/ready"),
    "getSystemStats": ("GET", "/system/stats"),
    "streamSystemStats": ("GET", "/system/stats/stream"),
    "getSystemInfo": ("GET", "/system/info"),
    "cleanSystem": ("POST", "/system/prune"),
    "createContainer": ("POST", "/containers"),
    "listContainers": ("GET", "/containers"),
    "createContainerByVerb": ("POST", "/containers/create"),
    "listRunningContainers": ("GET", "/containers/running"),
    "getContainer": ("GET", "/containers/{id}"),
    "removeContainer": ("DELETE", "/containers/{id}"),
    "updateContainer": ("PATCH", "/containers/{id}"),
    "startContainer": ("POST", "/containers/{id}/start"),
    "stopContainer": ("POST", "/containers/{id}/stop"),
    "restartContainer": ("POST", "/containers/{id}/restart"),
    "pauseContainer": ("POST", "/containers/{id}/pause"),
    "unpauseContainer": ("POST", "/containers/{id}/unpause"),
    "renameContainer": ("POST", "/containers/{id}/rename"),
    "waitForContainer": ("GET", "/containers/{id}/wait"),
    "getContainerLogs": ("GET", "/containers/{id}/logs"),
    "getContainerProcesses": ("GET", "/containers/{id}/top"),
    "execInContainer": ("POST", "/containers/{id}/exec"),
    "openTerminal": ("GET", "/containers/{id}/terminal"),
    "readContainerFiles": ("GET", "/containers/{id}/files"),
    "removeContainerFile": ("DELETE", "/containers/{id}/files"),
    "writeContainerFile": ("PUT", "/containers/{id}/files"),
    "downloadContainerFiles": ("GET", "/containers/{id}/files/archive"),
    "makeContainerFolder": ("POST", "/containers/{id}/files/folder"),
    "getPorts": ("GET", "/ports"),
    "listImages": ("GET", "/images"),
    "pullImage": ("POST", "/images/pull"),
    "pushImage": ("POST", "/images/push"),
    "tagImage": ("POST", "/images/tag"),
    "getImage": ("GET", "/images/{reference}"),
    "removeImage": ("DELETE", "/images/{reference}"),
    "listNetworks": ("GET", "/networks"),
    "createNetwork": ("POST", "/networks"),
    "removeNetwork": ("DELETE", "/networks/{name}"),
    "listNodes": ("GET", "/nodes"),
    "getNode": ("GET", "/nodes/{id}"),
    "drainNode": ("POST", "/nodes/{id}/drain"),
    "activateNode": ("POST", "/nodes/{id}/activate"),
    "listVolumes": ("GET", "/volumes"),
    "createVolume": ("POST", "/volumes"),
    "getVolume": ("GET", "/volumes/{name}"),
    "removeVolume": ("DELETE", "/volumes/{name}"),
    "getContainerStats": ("GET", "/containers/{id}/stats"),
    "getContainerStatsHistory": ("GET", "/containers/{id}/stats/history"),
    "streamContainerStats": ("GET", "/containers/{id}/stats/stream"),
    "getAllStats": ("GET", "/stats"),
    "streamAllStats": ("GET", "/stats/stream"),
    "createBuild": ("POST", "/builds"),
    "listBuilds": ("GET", "/builds"),
    "getBuild": ("GET", "/builds/{id}"),
    "removeBuild": ("DELETE", "/builds/{id}"),
    "getBuildLogs": ("GET", "/builds/{id}/logs"),
    "retryBuild": ("POST", "/builds/{id}/retry"),
    "cancelBuild": ("POST", "/builds/{id}/cancel"),
    "streamEvents": ("GET", "/events"),
    "getMetrics": ("GET", "/metrics"),
    "getAccess": ("GET", "/access"),
    "createToken": ("POST", "/tokens"),
    "listTokens": ("GET", "/tokens"),
    "revokeToken": ("DELETE", "/tokens/{id}"),
    "listAudit": ("GET", "/audit"),
    "callMcp": ("POST", "/mcp"),
}


class Calls:
    """A method for each operation of the API."""

    def call(self, operation: str, **given: Any) -> Any:
        raise NotImplementedError

    def get_about(self) -> About:
        """Describe this server."""
        return self.call("getAbout")

    def get_health(self) -> Health:
        """Check liveness."""
        return self.call("getHealth")

    def get_readiness(self) -> Health:
        """Check readiness."""
        return self.call("getReadiness")

    def get_system_stats(self) -> SystemStats:
        """Get host statistics."""
        return self.call("getSystemStats")

    def stream_system_stats(self) -> str:
        """Stream host statistics."""
        return self.call("streamSystemStats")

    def get_system_info(self) -> SystemInfo:
        """Get engine information and limits."""
        return self.call("getSystemInfo")

    def clean_system(self, body: CleanSystem | None = None) -> Cleaned:
        """Prune unused resources."""
        return self.call("cleanSystem", body=body)

    def create_container(self, body: CreateContainer | None = None) -> CreatedContainer:
        """Create and start a container."""
        return self.call("createContainer", body=body)

    def list_containers(self, *, state: Literal["created", "running", "paused", "restarting", "removing", "exited", "dead"] | None = None, name: str | None = None, image: str | None = None, label: list[str] | None = None, managed: bool | None = None, limit: int | None = None, cursor: str | None = None) -> list[Container]:
        """List containers."""
        return self.call("listContainers", state=state, name=name, image=image, label=label, managed=managed, limit=limit, cursor=cursor)

    def create_container_by_verb(self, body: CreateContainer | None = None) -> CreatedContainer:
        """Create and start a container."""
        return self.call("createContainerByVerb", body=body)

    def list_running_containers(self) -> list[Container]:
        """List running containers."""
        return self.call("listRunningContainers")

    def get_container(self, id: str) -> Container:
        """Get a container."""
        return self.call("getContainer", id=id)

    def remove_container(self, *, id: str, force: bool | None = None) -> RemovedContainer:
        """Remove a container."""
        return self.call("removeContainer", id=id, force=force)

    def update_container(self, *, id: str, body: UpdateContainer) -> ChangedContainer:
        """Update a container."""
        return self.call("updateContainer", id=id, body=body)

    def start_container(self, id: str) -> ChangedContainer:
        """Start a container."""
        return self.call("startContainer", id=id)

    def stop_container(self, *, id: str, timeout: int | None = None) -> ChangedContainer:
        """Stop a container."""
        return self.call("stopContainer", id=id, timeout=timeout)

    def restart_container(self, *, id: str, timeout: int | None = None) -> ChangedContainer:
        """Restart a container."""
        return self.call("restartContainer", id=id, timeout=timeout)

    def pause_container(self, id: str) -> ChangedContainer:
        """Pause a container."""
        return self.call("pauseContainer", id=id)

    def unpause_container(self, id: str) -> ChangedContainer:
        """Unpause a container."""
        return self.call("unpauseContainer", id=id)

    def rename_container(self, *, id: str, body: RenameContainer) -> ChangedContainer:
        """Rename a container."""
        return self.call("renameContainer", id=id, body=body)

    def wait_for_container(self, *, id: str, for_: Literal["running", "port", "healthy", "http", "exited", "removed"] | None = None, path: str | None = None, timeout_seconds: float | None = None) -> WaitedContainer:
        """Wait for a container."""
        return self.call("waitForContainer", id=id, for_=for_, path=path, timeout_seconds=timeout_seconds)

    def get_container_logs(self, *, id: str, tail: str | None = None, since: str | None = None, until: str | None = None, timestamps: bool | None = None, stdout: bool | None = None, stderr: bool | None = None, follow: bool | None = None, format: Literal["text", "json"] | None = None) -> ContainerLogs:
        """Get the logs of a container."""
        return self.call("getContainerLogs", id=id, tail=tail, since=since, until=until, timestamps=timestamps, stdout=stdout, stderr=stderr, follow=follow, format=format)

    def get_container_processes(self, id: str) -> ContainerProcesses:
        """List the processes of a container."""
        return self.call("getContainerProcesses", id=id)

    def exec_in_container(self, *, id: str, body: ExecCommand) -> ExecResult:
        """Run a command in a container."""
        return self.call("execInContainer", id=id, body=body)

    def open_terminal(self, id: str) -> str:
        """Open a terminal in a container."""
        return self.call("openTerminal", id=id)

    def read_container_files(self, *, path: str, id: str, limit: int | None = None, cursor: str | None = None) -> FolderListing:
        """Read a file of a container, or list a folder."""
        return self.call("readContainerFiles", path=path, id=id, limit=limit, cursor=cursor)

    def remove_container_file(self, *, path: str, id: str, recursive: bool | None = None) -> RemovedFile:
        """Remove a file or folder of a container."""
        return self.call("removeContainerFile", path=path, id=id, recursive=recursive)

    def write_container_file(self, *, path: str, id: str, unpack: bool | None = None, mode: str | None = None, uid: int | None = None, gid: int | None = None, modified: str | None = None) -> WrittenFile | UnpackedArchive:
        """Write a file or unpack an archive in a container."""
        return self.call("writeContainerFile", path=path, id=id, unpack=unpack, mode=mode, uid=uid, gid=gid, modified=modified)

    def download_container_files(self, *, path: str, id: str, format: Literal["tar", "tar.gz", "zip"] | None = None) -> str:
        """Download a folder as tar, tar.gz or zip."""
        return self.call("downloadContainerFiles", path=path, id=id, format=format)

    def make_container_folder(self, *, id: str, body: MakeFolder) -> WrittenFile:
        """Create a folder in a container."""
        return self.call("makeContainerFolder", id=id, body=body)

    def get_ports(self) -> PortOverview:
        """List ports and their holders."""
        return self.call("getPorts")

    def list_images(self, *, reference: str | None = None, dangling: bool | None = None, label: list[str] | None = None, managed: bool | None = None, in_use: bool | None = None, limit: int | None = None, cursor: str | None = None) -> list[Image]:
        """List images."""
        return self.call("listImages", reference=reference, dangling=dangling, label=label, managed=managed, in_use=in_use, limit=limit, cursor=cursor)

    def pull_image(self, body: PullImage) -> ImageDetails:
        """Pull an image."""
        return self.call("pullImage", body=body)

    def push_image(self, body: PushImage) -> PushedImage:
        """Push an image."""
        return self.call("pushImage", body=body)

    def tag_image(self, body: TagImage) -> ImageDetails:
        """Tag an image."""
        return self.call("tagImage", body=body)

    def get_image(self, reference: str) -> ImageDetails:
        """Get an image."""
        return self.call("getImage", reference=reference)

    def remove_image(self, *, reference: str, force: bool | None = None) -> RemovedImage:
        """Remove an image or one of its tags."""
        return self.call("removeImage", reference=reference, force=force)

    def list_networks(self) -> list[Network]:
        """List networks."""
        return self.call("listNetworks")

    def create_network(self, body: CreateNetwork) -> Network:
        """Create a network."""
        return self.call("createNetwork", body=body)

    def remove_network(self, name: str) -> RemovedNetwork:
        """Remove a network."""
        return self.call("removeNetwork", name=name)

    def list_nodes(self) -> list[Node]:
        """List nodes."""
        return self.call("listNodes")

    def get_node(self, id: str) -> Node:
        """Show a node."""
        return self.call("getNode", id=id)

    def drain_node(self, id: str) -> Node:
        """Drain a node."""
        return self.call("drainNode", id=id)

    def activate_node(self, id: str) -> Node:
        """Activate a node."""
        return self.call("activateNode", id=id)

    def list_volumes(self) -> list[Volume]:
        """List volumes."""
        return self.call("listVolumes")

    def create_volume(self, body: CreateVolume) -> Volume:
        """Create a volume."""
        return self.call("createVolume", body=body)

    def get_volume(self, name: str) -> Volume:
        """Get a volume."""
        return self.call("getVolume", name=name)

    def remove_volume(self, name: str) -> RemovedVolume:
        """Remove a volume and its data."""
        return self.call("removeVolume", name=name)

    def get_container_stats(self, id: str) -> ContainerStats:
        """Get the statistics of a container."""
        return self.call("getContainerStats", id=id)

    def get_container_stats_history(self, *, id: str, seconds: int | None = None) -> StatsHistory:
        """Get the last five minutes of statistics."""
        return self.call("getContainerStatsHistory", id=id, seconds=seconds)

    def stream_container_stats(self, id: str) -> str:
        """Stream the statistics of a container."""
        return self.call("streamContainerStats", id=id)

    def get_all_stats(self) -> AllStats:
        """Get the statistics of all running containers."""
        return self.call("getAllStats")

    def stream_all_stats(self) -> str:
        """Stream the statistics of all running containers."""
        return self.call("streamAllStats")

    def create_build(self, form: dict[str, Any]) -> BuildDetails:
        """Build an image, then push and run it if asked."""
        return self.call("createBuild", form=form)

    def list_builds(self, *, status: Literal["pending", "in_progress", "completed", "failed", "cancelled"] | None = None, image: str | None = None, limit: int | None = None, cursor: str | None = None) -> list[Build]:
        """List builds, newest first."""
        return self.call("listBuilds", status=status, image=image, limit=limit, cursor=cursor)

    def get_build(self, id: str) -> BuildDetails:
        """Get a build."""
        return self.call("getBuild", id=id)

    def remove_build(self, *, id: str, keep_image: bool | None = None, force: bool | None = None) -> RemovedBuild:
        """Remove a build, its files and its image."""
        return self.call("removeBuild", id=id, keep_image=keep_image, force=force)

    def get_build_logs(self, *, id: str, follow: bool | None = None, offset: int | None = None) -> str:
        """Get the log of a build."""
        return self.call("getBuildLogs", id=id, follow=follow, offset=offset)

    def retry_build(self, *, id: str, body: RetryBuild | None = None) -> BuildDetails:
        """Retry the failed stages of a build."""
        return self.call("retryBuild", id=id, body=body)

    def cancel_build(self, id: str) -> BuildDetails:
        """Cancel a build."""
        return self.call("cancelBuild", id=id)

    def stream_events(self, *, type: list[str] | None = None, container: str | None = None, label: list[str] | None = None, since: str | None = None) -> str:
        """Stream events."""
        return self.call("streamEvents", type=type, container=container, label=label, since=since)

    def get_metrics(self) -> str:
        """Get metrics for Prometheus."""
        return self.call("getMetrics")

    def get_access(self) -> Access:
        """Get the access of the caller."""
        return self.call("getAccess")

    def create_token(self, body: CreateToken) -> CreatedToken:
        """Create a token."""
        return self.call("createToken", body=body)

    def list_tokens(self) -> list[Token]:
        """List tokens."""
        return self.call("listTokens")

    def revoke_token(self, id: str) -> RevokedToken:
        """Revoke a token."""
        return self.call("revokeToken", id=id)

    def list_audit(self, *, outcome: Literal["attempted", "succeeded", "failed", "refused"] | None = None, caller: str | None = None, action: str | None = None, object: str | None = None, request_id: str | None = None, since: str | None = None, until: str | None = None, limit: int | None = None, cursor: str | None = None) -> list[AuditEntry]:
        """Read the audit trail."""
        return self.call("listAudit", outcome=outcome, caller=caller, action=action, object=object, request_id=request_id, since=since, until=until, limit=limit, cursor=cursor)

    def call_mcp(self, body: McpMessage | None = None) -> McpAnswer:
        """Call a tool by the Model Context Protocol."""
        return self.call("callMcp", body=body)
