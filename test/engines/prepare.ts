// Creates the image of the tests before several files need it at once: Podman fails one of two concurrent imports.

import { prepareImage } from '../helpers/images.ts'

await prepareImage()
