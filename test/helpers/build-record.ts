import { stage, type BuildRecord } from '../../src/builds/record.ts'

export function buildRecord(given: Partial<BuildRecord> = {}): BuildRecord {
  return {
    id: '0b6d9d6e-7b1c-4f39-8c5e-5f8a3f1f2a10',
    origin: 'rest',
    username: null,
    filename: null,
    createdAt: 1_000,
    finishedAt: null,
    imageName: 'web',
    imageTags: ['latest'],
    registry: null,
    references: ['web:latest'],
    dockerfile: 'Dockerfile',
    target: null,
    platform: null,
    noCache: false,
    builder: 'auto',
    owner: null,
    buildArgNames: [],
    baseImages: [],
    context: { kind: 'dockerfile', bytes: 1, entries: 1 },
    keepImage: true,
    hasOwnCredentials: false,
    wants: { build: true, push: false, run: false },
    imageId: null,
    steps: [],
    pushed: [],
    containerId: null,
    attempts: 0,
    logTruncated: false,
    build: stage('pending'),
    push: stage('skipped'),
    run: stage('skipped'),
    ...given
  }
}
