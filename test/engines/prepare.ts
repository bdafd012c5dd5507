// Makes the image of the tests before several files want it at once: Podman fails one of two that import it.

import { prepareImage } from '../helpers/images.ts'

await prepareImage()
