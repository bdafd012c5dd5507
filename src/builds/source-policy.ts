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

/** The images that a build takes from. `all` has those of every interpretation of its Dockerfile. */
type Sources = { needed: string[]; all: string[] }

/** `owner` is the id of the token on whose behalf it is built, if it has one. */
type Whose = { owner: string | null; platform: string | null }
type Rules = Pick<Policy, 'check' | 'allows' | 'allowsRemoteSources' | 'limitsSources'>

export function createSourcePolicy(policy: Rules, registries: Pick<RegistryRules, 'check' | 'limits'>) {
  const isLimited = (owner: string | null) => policy.limitsSources || registries.limits(owner)

  /** Throws for a source that is not permitted. */
  async function check(report: DockerfileReport, { owner, platform }: Whose): Promise<Sources> {
    const { baseImages, allImages: all, readers, remoteSources } = report
    policy.check({ images: all, remoteSources, readers })
    refuseKept(all)
    await registries.check(owner, all)
    if (policy.allowsRemoteSources) return { needed: baseImages.filter((name) => !name.includes('$')), all }
    if (platform !== null)
      throw invalidField('platform', 'is not allowed here: base images would be pulled without a check')
    const needed = all.filter((name) => !readers.includes(name))
    policy.check({ remoteSources: needed.filter((name) => name.includes('$')) })
    return { needed, all }
  }

  return {
    check,

    /** Whether the triggers of base images must be known before a build. */
    isLimited,

    /** The same for a build that was accepted earlier, perhaps under another policy. */
    async checkAgain(
      record: Pick<BuildRecord, 'dockerfile' | 'baseImages' | keyof Whose>,
      contextFile: string,
      buildArgs: Record<string, string>
    ): Promise<Sources> {
      const { baseImages } = record
      if (!isLimited(record.owner) || !existsSync(contextFile)) return { needed: baseImages, all: baseImages }
      return check(await inspectDockerfile(contextFile, record.dockerfile, buildArgs), record)
    },

    /** Instructions that a base image adds to the Dockerfile. Returns the images that they take from. */
    async checkTriggers(
      reference: string,
      { triggers }: Pick<ImageRecord, 'triggers'>,
      owner: string | null
    ): Promise<string[]> {
      if (!isLimited(owner) || triggers.length === 0) return []
      const { remoteSources, allImages } = readDockerfile(['FROM scratch', ...triggers].join('\n'))
      if (!policy.allows({ images: allImages, remoteSources }))
        throw new AppError(
          'POLICY_REFUSED',
          `The base image ${reference} has triggers (ONBUILD) with sources that the policy does not allow.`
        )
      refuseKept(allImages)
      await registries.check(owner, allImages)
      return allImages
    }
  }
}

function refuseKept(images: string[]): void {
  const kept = images.find(isKeptName)
  if (kept !== undefined) throw new AppError('POLICY_REFUSED', `"${kept}" keeps the files of a container for Berth.`)
}
