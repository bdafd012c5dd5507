// The sources that the policy allows a build: images, and without `remote_sources` no ADD from outside the context, not
// even by a trigger of a base image.

import { existsSync } from 'node:fs'
import type { Policy } from '../access/policy.ts'
import type { ImageRecord } from '../engine/contract/images.ts'
import { isKeptName } from '../engine/kept-images.ts'
import { AppError, invalidField } from '../errors.ts'
import { readDockerfile, type DockerfileReport } from './context/dockerfile.ts'
import { inspectDockerfile } from './context/intake.ts'
import type { RegistryRules } from '../registry/rules.ts'
import type { BuildRecord } from './record.ts'

export type SourcePolicy = ReturnType<typeof createSourcePolicy>

/** `owner` is the id of the token on whose behalf it is built, if it has one. */
type Whose = { owner: string | null; platform: string | null }
type Rules = Pick<Policy, 'check' | 'allows' | 'allowsRemoteSources' | 'limitsSources'>

export function createSourcePolicy(policy: Rules, registries: Pick<RegistryRules, 'check' | 'limits'>) {
  const isLimited = (owner: string | null) => policy.limitsSources || registries.limits(owner)

  /** Throws for a source that is not permitted. Returns the images needed before the build. */
  async function check(report: DockerfileReport, { owner, platform }: Whose): Promise<string[]> {
    const { baseImages, allImages, readers, remoteSources } = report
    policy.check({ images: allImages, remoteSources, readers })
    const kept = allImages.find(isKeptName)
    if (kept !== undefined) throw new AppError('POLICY_REFUSED', `"${kept}" keeps the files of a container for Berth.`)
    await registries.check(owner, allImages)
    if (policy.allowsRemoteSources) return baseImages.filter((name) => !name.includes('$'))
    if (platform !== null)
      throw invalidField('platform', 'is not allowed here: base images would be pulled without a check')
    const images = allImages.filter((name) => !readers.includes(name))
    const unknown = images.filter((name) => name.includes('$'))
    policy.check({ remoteSources: unknown })
    return images
  }

  return {
    check,

    /** The same for a build that was accepted earlier, perhaps under another policy. */
    async checkAgain(
      record: Pick<BuildRecord, 'dockerfile' | 'baseImages' | keyof Whose>,
      contextFile: string,
      buildArgs: Record<string, string>
    ): Promise<string[]> {
      if (!isLimited(record.owner) || !existsSync(contextFile)) return record.baseImages
      return check(await inspectDockerfile(contextFile, record.dockerfile, buildArgs), record)
    },

    /** Instructions that a base image adds to the Dockerfile. */
    async checkTriggers(
      reference: string,
      { triggers }: Pick<ImageRecord, 'triggers'>,
      owner: string | null
    ): Promise<void> {
      if (!isLimited(owner) || triggers.length === 0) return
      const { remoteSources, allImages } = readDockerfile(['FROM scratch', ...triggers].join('\n'))
      if (!policy.allows({ images: allImages, remoteSources }))
        throw new AppError(
          'POLICY_REFUSED',
          `The base image ${reference} has triggers (ONBUILD) with sources that the policy does not allow.`
        )
      await registries.check(owner, allImages)
    }
  }
}
