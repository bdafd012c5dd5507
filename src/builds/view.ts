// A build as the API shows it. Pure.

import { statusOf, type BuildRecord, type BuildStatus, type Stage } from './record.ts'
import type { Build, BuildDetails } from './schemas.ts'

export type ViewContext = { retentionMs: number; position: number | null }

export function viewBuild(record: BuildRecord, { retentionMs, position }: ViewContext): Build {
  return { queue_position: position, ...viewRecord(record, retentionMs) }
}

/** All fields that depend only on the record. The place in the queue changes without it. */
export function viewRecord(record: BuildRecord, retentionMs: number): Omit<Build, 'queue_position'> {
  const { id, finishedAt, context } = record
  return {
    id,
    status: statusOf(record),
    image_name: record.imageName,
    image_tags: record.imageTags,
    references: record.references,
    image_id: record.imageId,
    dockerfile: record.dockerfile,
    target: record.target,
    platform: record.platform,
    no_cache: record.noCache,
    builder: record.builder,
    build_arg_names: record.buildArgNames,
    context: { kind: context.kind, bytes: context.bytes, entries: context.entries },
    build: viewStage(record.build),
    push: { ...viewStage(record.push), pushed: record.pushed },
    run: { ...viewStage(record.run), container_id: record.containerId, url: record.containerUrl ?? null },
    log_truncated: record.logTruncated,
    created_at: new Date(record.createdAt).toISOString(),
    finished_at: time(finishedAt),
    expires_at: time(finishedAt === null ? null : finishedAt + retentionMs),
    links: { self: `/builds/${id}`, logs: `/builds/${id}/logs` }
  }
}

export function viewDetails(record: BuildRecord, context: ViewContext): BuildDetails {
  const steps = record.steps.map(({ number, name, status, durationMs }) => ({
    number,
    name,
    status,
    duration_ms: durationMs
  }))
  return { ...viewBuild(record, context), steps }
}

/** Sent whenever a build changes. */
export function buildEvent(
  record: BuildRecord
): [type: `build.${BuildStatus}`, facts: Record<string, unknown>, subject: { owner: BuildRecord }] {
  const { id, imageName, build, push, run } = record
  const stages = { build: build.status, push: push.status, run: run.status }
  return [`build.${statusOf(record)}`, { id, image_name: imageName, ...stages }, { owner: record }]
}

function viewStage({ status, reason, code, retryable, startedAt, finishedAt }: Stage) {
  return {
    status,
    reason,
    code,
    retryable,
    started_at: time(startedAt),
    finished_at: time(finishedAt),
    duration_ms: startedAt === null || finishedAt === null ? null : finishedAt - startedAt
  }
}

function time(value: number | null): string | null {
  return value === null ? null : new Date(value).toISOString()
}
