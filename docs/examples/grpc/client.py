"""Runs a container through Berth's gRPC services, looks at it, and removes it again.

    python3 client.py 127.0.0.1:50051 [image]

Needs grpcio and the modules that protoc makes from docker_management.proto: see docs/grpc.md.
"""

import os
import sys

import grpc

import docker_management_pb2 as pb
import docker_management_pb2_grpc as rpc

address = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:50051"
image = sys.argv[2] if len(sys.argv) > 2 else None
token = os.environ.get("BERTH_TOKEN")
metadata = [("authorization", f"Bearer {token}")] if token else []

with grpc.insecure_channel(address) as channel:
    docker = rpc.DockerServiceStub(channel)

    request = pb.RunDockerContainerRequest(
        image=image,
        ports=[pb.PortRequest(container_port=5000)],
        env={"GREETING": "hello"},
        command=["sh", "-c", "echo $GREETING; exec sleep 600"] if image else [],
    )
    made = docker.RunDockerContainer(request, metadata=metadata, timeout=60)
    name = made.container.name
    print(f"{name} is {made.container.state} at {made.container.ports['5000/tcp']}")

    for message in docker.StreamDockerStats(pb.StreamDockerStatsRequest(name=name), metadata=metadata, timeout=30):
        print(f"it uses {message.stats.memory_usage} and {message.stats.cpu_percent} % of a core")
        break

    for line in docker.GetDockerLogs(pb.GetDockerLogsRequest(name=name, tail=10), metadata=metadata).lines:
        print(f"{line.stream}: {line.line}")

    for _ in range(2):
        stopped = docker.StopDockerContainer(
            pb.StopDockerContainerRequest(name=name, timeout=1), metadata=metadata, timeout=60
        )
        print(stopped.message)

    print(docker.RemoveDockerContainer(pb.RemoveDockerContainerRequest(name=name), metadata=metadata).message)

    try:
        docker.InspectDockerContainer(pb.InspectDockerContainerRequest(name=name), metadata=metadata)
    except grpc.RpcError as error:
        print(f"{error.code().name}: {error.details()}")
