// What a build may take from elsewhere, as the policy has it: images, and with `remote_sources` switched off no ADD of
// anything that is not in the context, not even by a trigger of a base image.

import { existsSync } from 'node:fs'
import type { Policy } from '../access/policy.ts'
import type { ImageRecord } from '../engine/contract/images.ts'
import { AppError, invalidField } from '../errors.ts'
import { readDockerfile, type DockerfileReport } from './context/dockerfile.ts'
import { inspectDockerfile } from './context/intake.ts'
import type { BuildRecord } from './record.ts'

export type SourcePolicy = ReturnType<typeof createSourcePolicy>

export function createSourcePolicy(policy: Pick<Policy, 'check' | 'allows' | 'allowsRemoteSources' | 'limitsSources'>) {
  /** Throws when it takes what it may not. Returns the images to have here before the build. */
  function check(report: DockerfileReport, platform: string | undefined): string[] {
    const { baseImages, allImages, readers, remoteSources } = report
    policy.check({ images: allImages, remoteSources, readers })
    if (policy.allowsRemoteSources) return baseImages.filter((name) => !name.includes('$'))
    if (platform !== undefined)
      throw invalidField('platform', 'cannot be given here: base images would be fetched without a look at them')
    const images = allImages.filter((name) => !readers.includes(name))
    const unknown = images.filter((name) => name.includes('$'))
    policy.check({ remoteSources: unknown })
    return images
  }

  return {
    check,

    /** The same for a build that was taken in earlier: the policy may have been another then. */
    async checkAgain(
      { dockerfile, platform, baseImages }: Pick<BuildRecord, 'dockerfile' | 'platform' | 'baseImages'>,
      contextFile: string,
      buildArgs: Record<string, string>
    ): Promise<string[]> {
      if (!policy.limitsSources || !existsSync(contextFile)) return baseImages
      return check(await inspectDockerfile(contextFile, dockerfile, buildArgs), platform ?? undefined)
    },

    /** What a base image adds to the Dockerfile by itself. */
    checkTriggers(reference: string, { triggers }: Pick<ImageRecord, 'triggers'>): void {
      if (!policy.limitsSources || triggers.length === 0) return
      const { remoteSources, allImages } = readDockerfile(['FROM scratch', ...triggers].join('\n'))
      if (!policy.allows({ images: allImages, remoteSources }))
        throw new AppError(
          'POLICY_REFUSED',
          `The base image ${reference} has triggers (ONBUILD) that take from elsewhere what the policy does not allow.`
        )
    }
  }
}
